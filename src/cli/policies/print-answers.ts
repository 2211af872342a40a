import { z } from 'zod';
import type { RequestParts } from '../api-client/api-client.ts';
import { errorOfAnswer } from '../api-client/client-error.ts';
import { EXIT, type ExitCode } from '../shell/command-error.ts';
import { printRows } from '../shell/print-rows.ts';
import type { Task } from './command.ts';
import { wholeNumber } from './option-values.ts';

/** The most that the API lists on one page. */
const PAGE = 100;

/** A list of the API, and how to show it. */
export interface Listing<T> {
  /** The path in the API. */
  readonly path: string;
  /** The field of the answer that holds the items. */
  readonly field: string;
  readonly item: z.ZodType<T>;
  /** The cells of an item. */
  row(item: T): readonly string[];
}

/**
 * Prints a list of the API as a table, or as JSON with `--json`. It reads as many pages as `--limit` needs.
 *
 * @throws ClientError when the API refuses or does not answer.
 */
export async function printList<T>(
  { shell, api, options }: Task,
  { path, field, item, row }: Listing<T>,
): Promise<ExitCode> {
  const limit = wholeNumber('limit', options.limit);
  const page = z.looseObject({ [field]: z.array(item), nextCursor: z.string().nullable() });
  const items: T[] = [];
  let cursor: string | null = '';
  while (cursor !== null && items.length < limit) {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - items.length)) });
    if (cursor !== '') query.set('cursor', cursor);
    const answer: Record<string, unknown> = await api.json(page, 'GET', `${path}?${query}`);
    items.push(...z.array(item).parse(answer[field]));
    cursor = z.string().nullable().parse(answer.nextCursor);
  }
  if (options.json) shell.print(JSON.stringify(items, null, 2));
  else printRows(shell, items.map(row));
  if (items.length === 0) shell.note('There are none.');
  if (cursor !== null) shell.note(`There are more: --limit ${limit * 10} lists them.`);
  return EXIT.done;
}

/**
 * Sends a request and prints the body of the answer as it is.
 *
 * @returns `EXIT.negative` when the answer is a report about denied overrides.
 * @throws ClientError when the answer is a problem, or when there is none.
 */
export async function printAnswer(
  { shell, api }: Task,
  method: string,
  path: string,
  parts: RequestParts = {},
): Promise<ExitCode> {
  const { status, type, text } = await api.send(method, path, parts);
  const isReport = status === 403 && !type.startsWith('application/problem+json');
  if (status >= 300 && !isReport) throw errorOfAnswer(status, text);
  shell.write(text.endsWith('\n') ? text : `${text}\n`);
  return isReport ? EXIT.negative : EXIT.done;
}
