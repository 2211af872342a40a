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
  let pointer = '';
  for (const step of path) pointer += `/${typeof step === 'string' ? escaped(step) : step}`;
  return pointer;
}

function escaped(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

/**
 * Whether two paths have the same JSON pointer: an index is the same as a key of its digits.
 *
 * @example
 * isSamePath(['items', 0], ['items', '0']); // => true
 */
export function isSamePath(a: Path, b: Path): boolean {
  return (
    a.length === b.length && a.every((step, depth) => step === b[depth] || String(step) === String(b[depth]))
  );
}
