import type { Path } from '../../model/pointer.ts';
import { entries } from '../mapping.ts';
import type { Offsets } from './offsets.ts';
import type { Position, SourceDocument } from './source-document.ts';

/**
 * Where the values of a document begin, in little memory, and without the values: some numbers and the keys, in the
 * order of the document. A value is followed by all that is in it.
 */
export interface Places {
  /** Where each value begins. */
  readonly starts: Int32Array;
  /** How many values each value is, itself included. */
  readonly sizes: Int32Array;
  /** The key or index of each value in what holds it. */
  readonly keys: readonly (string | number)[];
}

/** Finds values of one document by their paths. What it has found out of a mapping or list is kept for the next path. */
export class PlaceFinder {
  readonly #places: Places;
  /** The places of the members of the mappings and lists that paths led through so far. */
  readonly #members = new Map<number, ReadonlyMap<string | number, number>>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** Where the value at a path begins. If there is no such value, where its nearest existing ancestor begins. */
  offsetOf(path: Path): number {
    let node = 0;
    for (const step of path) {
      const next = this.#membersOf(node).get(step);
      if (next === undefined) break;
      node = next;
    }
    return this.#places.starts[node] ?? 0;
  }

  #membersOf(node: number): ReadonlyMap<string | number, number> {
    const known = this.#members.get(node);
    if (known !== undefined) return known;
    const { keys, sizes } = this.#places;
    const members = new Map<string | number, number>();
    const end = node + (sizes[node] ?? 1);
    for (let child = node + 1; child < end; child += sizes[child] ?? 1) {
      const key = keys[child];
      if (key !== undefined) members.set(key, child);
    }
    this.#members.set(node, members);
    return members;
  }
}

/** Writes down the places of values one after the other. The value that is opened first is that of the document. */
export class PlaceWriter {
  readonly #starts: number[] = [];
  readonly #sizes: number[] = [];
  readonly #keys: (string | number)[] = [];
  readonly #open: number[] = [];

  /** Begins a value. @param key Its key or index in what holds it. */
  open(at: number, key: string | number): void {
    this.#open.push(this.#starts.length);
    this.#starts.push(at);
    this.#sizes.push(1);
    this.#keys.push(key);
  }

  /** Ends the value that was begun last. */
  close(): void {
    const node = this.#open.pop();
    if (node !== undefined) this.#sizes[node] = this.#starts.length - node;
  }

  /** Ends the value that was begun last, and forgets what is in it. */
  closeEmpty(): void {
    const node = this.#open.pop();
    if (node === undefined) return;
    for (const list of [this.#starts, this.#sizes, this.#keys]) list.length = node + 1;
  }

  /** The places of all values so far. */
  written(): Places {
    return {
      starts: new Int32Array(this.#starts),
      sizes: new Int32Array(this.#sizes),
      keys: this.#keys,
    };
  }
}

/**
 * Writes down where the values of a document begin.
 *
 * @param root Where the document's value begins.
 * @param base Where the text of the document begins in the whole text.
 */
export function packPlaces(value: unknown, offsets: Offsets, root: number, base: number): Places {
  const writer = new PlaceWriter();
  const pack = (part: unknown, at: number, name: string | number): void => {
    writer.open(base + at, name);
    const members = typeof part === 'object' && part !== null ? offsets.get(part) : undefined;
    for (const [key, each] of entries(part)) pack(each, members?.get(key) ?? at, key);
    writer.close();
  };
  pack(value, root, '');
  return writer.written();
}

/**
 * Finds values by their paths. It holds their places alone, so that the values can be forgotten before it.
 *
 * @param placesOf Gives the places. It is called when the first value is looked for.
 */
export function locator(
  placesOf: () => Places,
  positionOf: (offset: number) => Position,
): SourceDocument['locate'] {
  let finder: PlaceFinder | undefined;
  return (path) => {
    finder ??= new PlaceFinder(placesOf());
    return positionOf(finder.offsetOf(path));
  };
}
