import type { Shell } from './shell.ts';

/** Prints rows as a table without borders: each column is as wide as its longest cell. */
export function printRows(shell: Shell, rows: readonly (readonly string[])[]): void {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    shell.print(cells.join('  ').trimEnd());
  }
}
