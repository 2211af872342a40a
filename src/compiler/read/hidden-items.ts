import type { Path } from '../model/pointer.ts';
import type { FindReader } from './known-kinds.ts';
import { hiddenItems } from './lists.ts';
import { member } from './mapping.ts';
import { ownPolicyProblem } from './own-policies.ts';
import { findShape, mayHoldManifests } from './unknown-kinds.ts';

/**
 * Where the items of an object that is no list hold a workload, or something that may be one; undefined where they
 * hold none. API servers ignore such items, and kubectl applies them in place of the object.
 *
 * @param find Finds the readers of the kinds that are known.
 *
 * @example
 * const pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ image: 'web:1' }] } };
 * const none = () => undefined;
 * findHiddenWorkload({ apiVersion: 'v1', kind: 'ConfigMap', items: [pod] }, none); // => ['items', 0, 'spec', 'containers']
 * findHiddenWorkload({ apiVersion: 'v1', kind: 'ConfigMap', items: [{ key: 'a', path: 'b' }] }, none); // => undefined
 */
export function findHiddenWorkload(value: unknown, find: FindReader): Path | undefined {
  const hidden = hiddenItems(value);
  const known = hidden.find(({ item }) => isKnown(item, find));
  if (known !== undefined) return known.path;
  for (const { item, path } of hidden) {
    const found = findShape(item, mayHoldManifests(String(member(item, 'apiVersion'))), find);
    if (found !== undefined) return [...path, ...found];
  }
  return undefined;
}

function isKnown(item: unknown, find: FindReader): boolean {
  const [apiVersion, kind] = [member(item, 'apiVersion'), member(item, 'kind')];
  return typeof apiVersion === 'string' && typeof kind === 'string' && find(apiVersion, kind) !== undefined;
}

/** Why an object may not stand in a body for what its items hold: a policy that could replace one of ours. */
export function hiddenPolicyProblem(
  value: unknown,
  ownNames: readonly string[],
): { readonly path: Path; readonly message: string } | undefined {
  for (const { item, path } of hiddenItems(value)) {
    const [apiVersion, kind] = [String(member(item, 'apiVersion')), String(member(item, 'kind'))];
    const message = ownPolicyProblem(apiVersion, kind, item, ownNames);
    if (message !== undefined) return { path: [...path, 'metadata', 'name'], message };
  }
  return undefined;
}
