/** The median; NaN when there are no values. */
export function median(given: readonly number[]): number {
  return quantile(given, 0.5);
}

/**
 * The median of the lower half of some times. What else the machine does only ever adds to a time, so the lower half tells
 * more of what was measured.
 */
export function typical(given: readonly number[]): number {
  return quantile(given, 0.25);
}

/** The smallest value that at least this share of the values does not exceed. */
export function quantile(given: readonly number[], share: number): number {
  const sorted = given.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
