/** Where a value stands in a document: the keys and indices that lead to it from the root. */
export type Path = readonly (string | number)[];

/**
 * Writes a path as a JSON pointer (RFC 6901), e.g. `/spec/workload/containers/0`. The root is `""`.
 *
 * @example
 * toPointer(['spec', 'workload', 'containers', 0]); // => '/spec/workload/containers/0'
 * toPointer(['a/b', '~']); // => '/a~1b/~0'
 */
export function toPointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
