import type { Sample } from './load-client.ts';

/** A Markdown table. The first column is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '',
  );
}

/** Requests per second: the median of the rounds. */
export function rate(taken: readonly Sample[]): number {
  return median(taken.map(({ perSecond }) => perSecond));
}

/** The median over rounds of the ratio within a round, which is steadier than the ratio of two medians. */
export function ratio(taken: readonly Sample[], base: readonly Sample[]): string {
  const ratios = taken.map(({ perSecond }, round) => perSecond / (base[round]?.perSecond ?? Number.NaN));
  return median(ratios).toPrecision(2);
}

/** The 50th and the 99th percentile of the times of all requests, in milliseconds. */
export function percentiles(taken: readonly Sample[]): string[] {
  const latencies = taken.flatMap((sample) => sample.latencies);
  return [quantile(latencies, 0.5), quantile(latencies, 0.99)].map((value) =>
    value < 10 ? value.toPrecision(2) : whole(value),
  );
}

/** The median; NaN when there are no values. */
export function median(given: readonly number[]): number {
  return quantile(given, 0.5);
}

/** The smallest value that at least this share of the values does not exceed. */
function quantile(given: readonly number[], share: number): number {
  const sorted = given.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}

/** A number rounded to a whole one, with separators for thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
