import { isScalar, type Node, Scalar } from 'yaml';
import { isStringInYaml11 } from '../../model/yaml-1-1.ts';
import { Unreadable } from './unreadable.ts';

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/**
 * Refuses a tag that is not in YAML's core schema, because only those mean the same to every reader.
 *
 * @throws Unreadable when the node has another tag.
 */
export function refuseTag(node: Node | undefined, at: number): void {
  if (node?.tag !== undefined && !CORE_TAGS.has(node.tag))
    throw new Unreadable(`The tag ${node.tag} is not allowed.`, at);
}

/** Whether a key is a merge key, as kubectl and Helm read it: a plain `<<` without a tag (YAML 1.1 "merge" type). */
export function isMergeKey(key: Node | undefined): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.tag === undefined && key.value === '<<';
}

/**
 * Why a node cannot be a key, or undefined if it can: kubectl's reader takes a plain `on` for true and `010`
 * for 8. What readers of YAML 1.1 and of 1.2 take for the same text, such as `1` or `true`, is no problem.
 */
export function keyProblem(node: Node | null | undefined): string | undefined {
  if (!isScalar(node) || node.type !== Scalar.PLAIN || node.tag !== undefined) return undefined;
  const source = node.source ?? '';
  // The merge key has a meaning of its own. An empty key and null are refused elsewhere, as they are no strings.
  if (source === '<<' || node.value === null) return undefined;
  if (typeof node.value !== 'string' && String(node.value) === source) return undefined;
  if (typeof node.value === 'string' && isStringInYaml11(source)) return undefined;
  return `The key ${source.slice(0, 100)} is not a string to every reader of YAML: kubectl reads some such words as true, false, null or a number. Quote it: ${JSON.stringify(source.slice(0, 100))}.`;
}
