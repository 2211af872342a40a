import { readFileSync, writeFileSync } from 'node:fs';
import { markdown, type Table, withoutComparison } from './tables.ts';

/** A table in Markdown, with its first line and the heading of its first column in groups. */
const TABLE = /^(\| (.+?) \|.*)\n\| --- \|.*\n(?:\|.*\n)*/gm;

/** The tables of a text in Markdown: the heading of their first column, and their first line. */
export function tablesIn(text: string): { readonly name: string; readonly head: string }[] {
  return [...text.matchAll(TABLE)].map(([, head = '', name = '']) => ({ name, head }));
}

/**
 * Puts tables into a page, in place of those whose first column has the same heading. What compares with another checkout
 * is left out.
 *
 * @throws Error when the page has no place for a table.
 */
export function writeTables(page: string, tables: readonly Table[]): void {
  writeFileSync(page, tables.reduce(withTable, readFileSync(page, 'utf8')));
}

/** A page with a table in place of the one whose first column has the same heading. @throws Error when there is none. */
export function withTable(page: string, table: Table): string {
  const [name = ''] = table.head;
  if (!tablesIn(page).some((each) => each.name === name))
    throw new Error(`The page has no table whose first column is "${name}".`);
  const text = markdown(withoutComparison(table));
  return page.replace(TABLE, (whole, _, heading) => (heading === name ? text : whole));
}
