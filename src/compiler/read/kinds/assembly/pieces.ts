import type { Path } from '../../../model/pointer.ts';
import { entries, isMapping, member } from '../../mapping.ts';

/** A value that a pod is put together from, and where it was written. */
export interface Piece {
  readonly value: unknown;
  readonly path: Path;
  /** The members of the value that were written elsewhere than below its path. */
  readonly parts?: ReadonlyMap<string | number, Piece>;
}

/** What stands at a path of an object. */
export function pieceAt(object: unknown, path: Path): Piece {
  return within({ value: object, path: [] }, ...path);
}

/**
 * What stands within a piece, and where it was written.
 *
 * @example
 * const merged = mergedPiece({ value: { a: 1 }, path: ['defaults'] }, { value: { b: 2 }, path: ['own'] });
 * within(merged, 'a').path; // => ['defaults', 'a']
 * within(merged, 'b').path; // => ['own', 'b']
 */
export function within(piece: Piece, ...steps: Path): Piece {
  return steps.reduce<Piece>(
    (holder, step) =>
      holder.parts?.get(step) ?? {
        value: Array.isArray(holder.value) ? holder.value[Number(step)] : member(holder.value, String(step)),
        path: [...holder.path, step],
      },
    piece,
  );
}

/** The items of a list as pieces. What is no list has none. */
export function itemsOf(list: Piece): Piece[] {
  return Array.isArray(list.value) ? entries(list.value).map(([index]) => within(list, index)) : [];
}

/** The paths of a list and of its items. */
export function pathsOf(list: Piece): Path[] {
  return [list.path, ...itemsOf(list).map(({ path }) => path)];
}

/** Whether a piece says anything: what is empty is left out where Go writes an object. */
export function isSaid({ value }: Piece): boolean {
  return !(value == null || value === '' || (Array.isArray(value) && value.length === 0));
}

/** The first of some pieces that says anything; undefined when none does. */
export function firstSaid(...pieces: readonly Piece[]): Piece | undefined {
  return pieces.find(isSaid);
}

/** A mapping of pieces. Those that are undefined are left out. */
export function mappingOf(path: Path, members: Readonly<Record<string, Piece | undefined>>): Piece {
  const parts = new Map(
    Object.entries(members).flatMap(([key, piece]) => (piece === undefined ? [] : [[key, piece] as const])),
  );
  return {
    value: Object.fromEntries([...parts].map(([key, { value }]) => [key, value])),
    path,
    parts,
  };
}

/** The members of a mapping as pieces; none of any other value. */
export function membersOf(piece: Piece): Record<string, Piece> {
  return isMapping(piece.value)
    ? Object.fromEntries(Object.keys(piece.value).map((key) => [key, within(piece, key)]))
    : {};
}

/** A list of pieces. */
export function listOf(path: Path, items: readonly Piece[]): Piece {
  return { value: items.map(({ value }) => value), path, parts: new Map(items.entries()) };
}

/** A value that the controller sets, with one place for all that is in it. */
export function constantPiece(value: unknown, path: Path): Piece {
  return {
    value,
    path,
    parts: new Map(entries(value).map(([key, each]) => [key, constantPiece(each, path)])),
  };
}

/** A mapping with members that its controller sets. They have the place of the mapping, or another one. */
export function overlaid(
  piece: Piece,
  members: Readonly<Record<string, unknown>>,
  at: Path = piece.path,
): Piece {
  if (!isMapping(piece.value)) return piece;
  const parts = new Map(piece.parts);
  for (const [key, value] of Object.entries(members)) parts.set(key, constantPiece(value, at));
  return { value: { ...piece.value, ...members }, path: piece.path, parts };
}

/** A mapping without some of its members. */
export function without(piece: Piece, keys: readonly string[]): Piece {
  if (!isMapping(piece.value)) return piece;
  const kept = Object.entries(piece.value).filter(([key]) => !keys.includes(key));
  return { ...piece, value: Object.fromEntries(kept) };
}

/** What tells the items of a list apart where two lists are merged, by the key of the list. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  sidecars: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
};

/**
 * A piece over its defaults, as controllers merge them (a strategic merge patch of what Go writes): mappings are merged
 * deeply, some lists by a key of their items, and everything else is replaced. What is empty counts as not said.
 */
export function mergedPiece(defaults: Piece, own: Piece, key = ''): Piece {
  if (!isSaid(own)) return defaults;
  if (!isSaid(defaults)) return own;
  if (isMapping(own.value) && isMapping(defaults.value)) {
    const keys = new Set([...Object.keys(defaults.value), ...Object.keys(own.value)]);
    return mappingOf(
      own.path,
      Object.fromEntries(
        [...keys].map((each) => [each, mergedPiece(within(defaults, each), within(own, each), each)]),
      ),
    );
  }
  const by = Object.hasOwn(MERGE_KEYS, key) ? MERGE_KEYS[key] : undefined;
  if (by === undefined || !Array.isArray(own.value) || !Array.isArray(defaults.value)) return own;
  return mergedList(defaults, own, by);
}

function mergedList(defaults: Piece, own: Piece, by: string): Piece {
  const items = itemsOf(defaults);
  const places = new Map(items.map((item, index) => [member(item.value, by), index]));
  for (const item of itemsOf(own)) {
    const name = member(item.value, by);
    const place = name == null ? undefined : places.get(name);
    const found = place === undefined ? undefined : items[place];
    if (place === undefined || found === undefined) items.push(item);
    else items[place] = mergedPiece(found, item);
  }
  return listOf(own.path, items);
}

/** How many values there are in a value, counted up to a bound. */
export function sizeOf(value: unknown, bound: number): number {
  let size = 1;
  for (const [, each] of entries(value)) {
    if (size >= bound) return size;
    size += sizeOf(each, bound - size);
  }
  return size;
}
