/**
 * The index of the first of some ascending numbers that is not less than `wanted`; their count if all are less.
 *
 * @example
 * firstAt([1, 3, 5], 4); // => 2
 */
export function firstAt(numbers: readonly number[], wanted: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Orders two strings by UTF-16 code unit, so that the order never depends on a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
