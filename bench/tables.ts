import { cpuOf, type Measurements, type Row } from './interleave.ts';
import { quantile } from './statistics.ts';
import type { Subject, Target } from './subject.ts';

/** A table of results. The first column is text, the others are numbers. */
export interface Table {
  /** The heading of the first column is different in each table. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The columns that compare with another checkout. */
  readonly comparing?: readonly number[];
}

/** A table in Markdown. */
export function markdown({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '',
  );
}

/** The same table without the columns that compare with another checkout. */
export function withoutComparison({ head, rows, comparing = [] }: Table): Table {
  const kept = (cells: readonly string[]): string[] =>
    cells.filter((_, column) => !comparing.includes(column));
  return { head: kept(head), rows: rows.map(kept) };
}

/** What a table says of rows beside their CPU time. */
export interface TableForm {
  /** The heading of the first column. */
  readonly head: string;
  /** The row that the others are compared with, and how the column is called. */
  readonly base?: { readonly row: Row; readonly head: string };
}

/**
 * A table of rows as they were measured on the last target. When there is another target before it, the table compares the
 * CPU time of both.
 */
export function measurementTable(
  rows: readonly Row[],
  measurements: Measurements,
  targets: readonly Target[],
  { head, base }: TableForm,
): Table {
  const [now, before] = targets.toReversed();
  if (now === undefined) throw new Error('Nothing was measured.');
  const cpu = (row: Row, target = now): number => cpuOf(measurements, row, target);
  const columns: Column<Row>[] = [
    { head: 'CPU µs', cell: (row) => short(cpu(row)) },
    ...(base === undefined ? [] : [{ head: base.head, cell: (row: Row) => short(cpu(row) / cpu(base.row)) }]),
    ...(before === undefined ? [] : comparison((row: Row) => cpu(row, before), cpu, 'CPU µs before')),
    ...[0.5, 0.99].map((share) => ({
      head: `p${share * 100} ms`,
      cell: (row: Row) => short(quantile(measurements.get(row)?.get(now)?.latencies ?? [], share)),
    })),
  ];
  return tableOf(
    head,
    rows.filter((row) => measurements.has(row)),
    ({ name }) => name,
    columns,
  );
}

/** A figure of each subject. */
export interface FigureRow {
  readonly name: string;
  readonly of: (subject: Subject['name']) => number;
}

/** A table of single figures. When there are two subjects, it compares them. */
export function figureTable(
  head: string,
  unit: string,
  rows: readonly FigureRow[],
  subjects: readonly { readonly name: Subject['name'] }[],
): Table {
  const columns: Column<FigureRow>[] = [
    { head: unit, cell: ({ of }) => short(of('now')) },
    ...(subjects.length === 1
      ? []
      : comparison<FigureRow>(
          ({ of }) => of('before'),
          ({ of }) => of('now'),
          `${unit} before`,
        )),
  ];
  return tableOf(head, rows, ({ name }) => name, columns);
}

interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => string;
  readonly comparing?: boolean;
}

function comparison<T>(before: (row: T) => number, now: (row: T) => number, head: string): Column<T>[] {
  return [
    { head, cell: (row) => short(before(row)), comparing: true },
    { head: 'Before / now', cell: (row) => short(before(row) / now(row)), comparing: true },
  ];
}

function tableOf<T>(
  head: string,
  rows: readonly T[],
  nameOf: (row: T) => string,
  columns: readonly Column<T>[],
): Table {
  return {
    head: [head, ...columns.map((column) => column.head)],
    rows: rows.map((row) => [nameOf(row), ...columns.map(({ cell }) => cell(row))]),
    comparing: columns.flatMap(({ comparing }, index) => (comparing === true ? [index + 1] : [])),
  };
}

/** A number with two or three digits, or a whole one when it has more. */
export function short(value: number): string {
  return value < 100 ? value.toPrecision(value < 10 ? 2 : 3) : whole(value);
}

/** A number rounded to a whole one, with separators for thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
