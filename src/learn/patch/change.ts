import type { Path } from '../../compiler/model/pointer.ts';
import { isMapping, member } from '../../compiler/read/mapping.ts';

/** A text or a list of texts, the only values that a patch writes besides the mappings that lead to them. */
export type NewValue = string | readonly string[];

/**
 * What is to change in a value of a document: it is written anew, it is removed, or some of its members change. A
 * member that is absent or null is made, and an index just behind the end of a list adds an item.
 */
export type Change =
  | { readonly kind: 'written'; readonly value: NewValue }
  | { readonly kind: 'removed' }
  | { readonly kind: 'members'; readonly members: Members };

/** The changes of the members of a mapping, or of the items of a list. */
export type Members = ReadonlyMap<string | number, Change>;

/** The removal of a value. */
export const REMOVED: Change = { kind: 'removed' };

/** The change that writes a value anew. */
export function written(value: NewValue): Change {
  return { kind: 'written', value };
}

/** A change of the value at a path, as a change of what the path starts from. */
export function changeAt(path: Path, change: Change): Change {
  return path.reduceRight<Change>(
    (inner, step) => ({ kind: 'members', members: new Map([[step, inner]]) }),
    change,
  );
}

/** Two changes of one value as one. Where both write the same value, the second one is taken. */
export function joined(first: Change | undefined, second: Change): Change {
  if (first?.kind !== 'members' || second.kind !== 'members') return second;
  const members = new Map(first.members);
  for (const [step, change] of second.members) members.set(step, joined(members.get(step), change));
  return { kind: 'members', members };
}

/** The member of a mapping or the item of a list at a step; undefined when there is none. */
export function valueAt(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined;
  return member(value, String(step));
}

/** A value of JSON data as it is after a change. The given value stays as it is. */
export function applied(value: unknown, change: Change): unknown {
  if (change.kind === 'written') return change.value;
  if (change.kind === 'removed') return undefined;
  if (Array.isArray(value)) {
    const items = [...value];
    for (const [step, each] of change.members) items[Number(step)] = applied(items[Number(step)], each);
    return items;
  }
  const members = new Map<string, unknown>(isMapping(value) ? Object.entries(value) : []);
  for (const [step, each] of change.members) {
    if (each.kind === 'removed') members.delete(String(step));
    else members.set(String(step), applied(members.get(String(step)), each));
  }
  return Object.fromEntries(members);
}

/** Whether two values of JSON data are the same. The order of the members of a mapping does not matter. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameData(item, b[index]));
  if (!isMapping(a) || !isMapping(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameData(a[key], b[key]))
  );
}
