import { Document, isCollection, isPair, isScalar } from 'yaml';
import type { Manifest } from './tracing-policy.ts';
import { scalarType } from './yaml-scalars.ts';

/**
 * Writes manifests as YAML documents. In YAML 1.1, which kubectl reads, `on` is true and `1:30` is a number, so every key
 * and string is quoted unless it is certainly a name or a path.
 *
 * @param comments Lines that are written as comments before the first document.
 *
 * @example
 * manifestYaml([], ['The service needs no policy.']); // => '# The service needs no policy.\n# No policy is needed.\n'
 */
export function manifestYaml(manifests: readonly Manifest[], comments: readonly string[] = []): string {
  return (
    yamlComments([...comments, ...(manifests.length === 0 ? ['No policy is needed.'] : [])]) +
    manifests.map((manifest) => `---\n${writeDocument(manifest)}`).join('')
  );
}

/**
 * Writes lines as YAML comments.
 *
 * @example
 * yamlComments(['One.', 'Two.']); // => '# One.\n# Two.\n'
 */
export function yamlComments(lines: readonly string[]): string {
  return lines.map((line) => `# ${printable(line)}\n`).join('');
}

/** Escapes every character outside printable ASCII, so that no reader of YAML finds a line break in a comment. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The longest mapping or list that is written on one line, in characters of its JSON. */
const ONE_LINE = 96;

function writeDocument(manifest: Manifest): string {
  const document = new Document(manifest, { version: '1.2', aliasDuplicateObjects: false });
  setStyle(document.contents, manifest, false);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/**
 * Sets how a node is written. Each argument and each condition of a hook is on one line, as in the examples of Tetragon.
 *
 * @param value What the node is made of. To make it of the node again would take longer than all else.
 */
function setStyle(node: unknown, value: unknown, insideHooks: boolean): void {
  if (isScalar(node) && typeof node.value === 'string') node.type = scalarType(node.value);
  if (!isCollection(node)) return;
  if (insideHooks && JSON.stringify(value).length <= ONE_LINE) node.flow = true;
  for (const [index, item] of node.items.entries()) {
    if (!isPair(item)) setStyle(item, memberOf(value, index), insideHooks);
    else {
      setStyle(item.key, undefined, insideHooks);
      const key = isScalar(item.key) ? String(item.key.value) : '';
      setStyle(item.value, memberOf(value, key), insideHooks || key === 'kprobes');
    }
  }
}

function memberOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
