import type { Path } from '../../model/pointer.ts';
import { entries } from '../mapping.ts';
import { type Offsets, ownMember } from './offsets.ts';

/**
 * Where the values of a document begin, in little memory: one number for each value, and one for how many values it
 * holds, in the order of the document.
 */
export interface Places {
  /** Where each value begins. */
  readonly starts: Int32Array;
  /** How many values each value is, itself included. */
  readonly sizes: Int32Array;
  /** The key or index of each member of a value, in the order in which they stand in `starts`. */
  keysOf(value: object, node: number): readonly (string | number)[];
}

/** Finds values of one document by their paths. What it has found out of a mapping or list is kept for the next path. */
export class PlaceFinder {
  readonly #value: unknown;
  readonly #places: Places;
  /** The places of the members of the mappings and lists that paths led through so far. */
  readonly #members = new Map<number, ReadonlyMap<string | number, number>>();

  constructor(value: unknown, places: Places) {
    this.#value = value;
    this.#places = places;
  }

  /** Where the value at a path begins. If there is no such value, where its nearest existing ancestor begins. */
  offsetOf(path: Path): number {
    let node = 0;
    let current = this.#value;
    for (const step of path) {
      if (typeof current !== 'object' || current === null) break;
      const next = this.#membersOf(current, node).get(step);
      if (next === undefined) break;
      node = next;
      current = ownMember(current, step);
    }
    return this.#places.starts[node] ?? 0;
  }

  #membersOf(value: object, node: number): ReadonlyMap<string | number, number> {
    const known = this.#members.get(node);
    if (known !== undefined) return known;
    const members = new Map<string | number, number>();
    let child = node + 1;
    for (const key of this.#places.keysOf(value, node)) {
      members.set(key, child);
      child += this.#places.sizes[child] ?? 1;
    }
    this.#members.set(node, members);
    return members;
  }
}

/**
 * Writes down where the values of a document begin.
 *
 * @param root Where the document's value begins.
 * @param base Where the text of the document begins in the whole text.
 */
export function packPlaces(value: unknown, offsets: Offsets, root: number, base: number): Places {
  const starts: number[] = [];
  const sizes: number[] = [];
  const pack = (part: unknown, at: number): void => {
    const node = starts.length;
    starts.push(base + at);
    sizes.push(1);
    const members = typeof part === 'object' && part !== null ? offsets.get(part) : undefined;
    for (const [key, each] of entries(part)) pack(each, members?.get(key) ?? at);
    sizes[node] = starts.length - node;
  };
  pack(value, root);
  return {
    starts: Int32Array.from(starts),
    sizes: Int32Array.from(sizes),
    keysOf: (mapping) => entries(mapping).map(([key]) => key),
  };
}
