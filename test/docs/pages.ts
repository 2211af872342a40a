import { readdirSync, readFileSync } from 'node:fs';

/** Reads a text file of the repository. */
export function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** Every page of the documentation, by its path. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** What stands below a heading of a page, up to the next heading. */
export function sectionOf(page: string, heading: string): string {
  const [, section] = read(page).split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`${page} has no heading "${heading}".`);
  // A comment in a shell script begins with # too.
  return section.replace(/^```.*?^```$/gms, '').split(/^#+ /m)[0] ?? '';
}

/** The rows of the tables below a heading, without their heads; each row is the text of its cells. */
export function tableOf(page: string, heading: string): string[][] {
  const rows = sectionOf(page, heading)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
  return rows.filter(
    (row, index) => !isRule(row) && !isRule(rows[index + 1] ?? []) && row.some((cell) => cell !== ''),
  );
}

function isRule(row: readonly string[]): boolean {
  return row.length > 0 && row.every((cell) => /^:?-+:?$/.test(cell));
}

/** What a cell shows as code. */
export function codesOf(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** What the first column of the tables below a heading shows as code. */
export function namesIn(page: string, heading: string): string[] {
  return namesOf(tableOf(page, heading));
}

/** What the first cell of each row shows as code. */
export function namesOf(rows: readonly (readonly string[])[]): string[] {
  return rows.flatMap(([first]) => codesOf(first));
}
