import type { Path } from '../model/pointer.ts';
import type { KnownKinds } from './known-kinds.ts';
import { hiddenItems } from './lists.ts';
import { member } from './mapping.ts';
import { ownPolicyProblem } from './own-policies.ts';
import { findShape, isBuiltIn } from './unknown-kinds.ts';

/**
 * Where the items of an object that is no list hold a workload, or something that may be one; undefined where they
 * hold none. API servers ignore such items, and kubectl applies them in place of the object.
 *
 * @param kinds The kinds of workloads that are known.
 *
 * @example
 * const pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ image: 'web:1' }] } };
 * const known = { readerOf: () => undefined, makesPods: (_, kind) => kind === 'Pod' };
 * findHiddenWorkload({ apiVersion: 'v1', kind: 'ConfigMap', items: [pod] }, known); // => ['items', 0]
 * findHiddenWorkload({ apiVersion: 'v1', kind: 'ConfigMap', items: [{ key: 'a', path: 'b' }] }, known); // => undefined
 */
export function findHiddenWorkload(value: unknown, kinds: KnownKinds): Path | undefined {
  const hidden = hiddenItems(value);
  const known = hidden.find(({ item }) => isKnown(item, kinds));
  if (known !== undefined) return known.path;
  // A list of Kubernetes among the items may hold an object of another group, whose controller reads texts.
  const inText = hidden.some(({ item }) => !isBuiltIn(String(member(item, 'apiVersion'))));
  for (const { item, path } of hidden) {
    // What is within an item is looked for with it.
    if (path.length > 2) continue;
    const found = findShape(item, inText, kinds);
    if (found !== undefined) return [...path, ...found];
  }
  return undefined;
}

function isKnown(item: unknown, kinds: KnownKinds): boolean {
  const [apiVersion, kind] = [member(item, 'apiVersion'), member(item, 'kind')];
  return typeof apiVersion === 'string' && typeof kind === 'string' && kinds.makesPods(apiVersion, kind);
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
