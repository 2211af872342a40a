import { cpuOf, type Measurements, type Row } from './interleave.ts';
import { quantile } from './statistics.ts';
import type { Target } from './subject.ts';

/** A Markdown table. The first column is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '',
  );
}

/** What a table says of rows beside their CPU time. */
export interface TableForm {
  /** The heading of the first column. */
  readonly head: string;
  /** The row that the others are compared with, and how the column is called. */
  readonly base?: { readonly row: Row; readonly head: string };
  /** Whether the times of whole requests are shown. */
  readonly latencies?: boolean;
}

/**
 * A table of rows as they were measured on the last target. When there is another target before it, the table compares the
 * CPU time of both.
 */
export function measurementTable(
  rows: readonly Row[],
  measurements: Measurements,
  targets: readonly Target[],
  form: TableForm,
): string {
  const [now, before] = targets.toReversed();
  if (now === undefined) return '';
  const head = [
    form.head,
    'CPU µs',
    ...(form.base === undefined ? [] : [form.base.head]),
    ...(before === undefined ? [] : ['CPU µs before', 'Before / now']),
    ...(form.latencies === true ? ['p50 ms', 'p99 ms'] : []),
  ];
  return table(
    head,
    rows
      .filter((row) => measurements.has(row))
      .map((row) => {
        const cpu = cpuOf(measurements, row, now);
        const earlier = before === undefined ? Number.NaN : cpuOf(measurements, row, before);
        const latencies = measurements.get(row)?.get(now)?.latencies ?? [];
        return [
          row.name,
          short(cpu),
          ...(form.base === undefined ? [] : [short(cpu / cpuOf(measurements, form.base.row, now))]),
          ...(before === undefined ? [] : [short(earlier), short(earlier / cpu)]),
          ...(form.latencies === true
            ? [short(quantile(latencies, 0.5)), short(quantile(latencies, 0.99))]
            : []),
        ];
      }),
  );
}

/** A number with two or three digits, or a whole one when it has more. */
export function short(value: number): string {
  return value < 100 ? value.toPrecision(value < 10 ? 2 : 3) : whole(value);
}

/** A number rounded to a whole one, with separators for thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
