import type { Path } from '../../model/pointer.ts';

/** Where the members of each mapping and the items of each list begin in the text, by the key or the index. */
export type Offsets = WeakMap<object, Map<string | number, number>>;

/** Where the value at `path` begins, or its nearest existing ancestor. `root` is where `value` itself begins. */
export function offsetOf(value: unknown, offsets: Offsets, path: Path, root: number): number {
  let offset = root;
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return offset;
    const next = offsets.get(current)?.get(step);
    if (next === undefined) return offset;
    offset = next;
    current = ownMember(current, step);
  }
  return offset;
}

/** A member of a mapping or an item of a list; undefined when it has none of that name or index. */
export function ownMember(value: object, step: string | number): unknown {
  return Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
}
