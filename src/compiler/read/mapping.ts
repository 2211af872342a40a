/**
 * Access to JSON data of unknown shape: documents are looked into before a schema has accepted them, and at
 * fields that no schema names.
 * @module
 */
import type { Path } from '../model/pointer.ts';

/** Whether a value is a mapping: a JSON object, and neither null nor a list. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The member of a mapping by its key; undefined when the value is no mapping or has no such member.
 *
 * @example
 * member({ a: 1 }, 'a'); // => 1
 * member([1], 'length'); // => undefined
 */
export function member(value: unknown, key: string): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/**
 * The items of a list or the members of a mapping, each with its index or key; none of any other value.
 *
 * @example
 * entries(['x']); // => [[0, 'x']]
 * entries({ a: 'x' }); // => [['a', 'x']]
 */
export function entries(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item]);
  return isMapping(value) ? Object.entries(value) : [];
}

/**
 * The value at a path; undefined when there is none.
 *
 * @example
 * valueAt({ a: [{ b: 'x' }] }, ['a', 0, 'b']); // => 'x'
 * valueAt({ a: 'x' }, ['a', 'b']); // => undefined
 */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (holder, step) => (Array.isArray(holder) ? holder[Number(step)] : member(holder, String(step))),
    value,
  );
}
