/** Where a value stands in a document: the keys and indices that lead to it from the root. */
export type Path = readonly (string | number)[];

/** Writes a path as a JSON pointer (RFC 6901), e.g. `/spec/workload/containers/0`. The root is `""`. */
export function toPointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Orders two strings by UTF-16 code unit, so that the order never depends on a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
