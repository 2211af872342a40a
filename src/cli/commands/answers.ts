import { z } from 'zod';
import { type ApiClient, problemOf, type Sent } from '../client.ts';
import { Exit } from '../exit.ts';
import { say, sayRows, tell } from '../show.ts';
import { wholeNumber } from './arguments.ts';
import type { Task } from './command.ts';
/** Prints a list of the API as a table, page by page until there are as many as were asked for. */
export async function list<T>(
  { api, options }: Task,
  path: string,
  field: string,
  item: z.ZodType<T>,
  row: (item: T) => readonly string[],
): Promise<void> {
  const limit = wholeNumber('limit', options.limit);
  const page = z.looseObject({ [field]: z.array(item), nextCursor: z.string().nullable() });
  const items: T[] = [];
  let cursor: string | null = '';
  while (cursor !== null && items.length < limit) {
    const query = new URLSearchParams({ limit: String(Math.min(100, limit - items.length)) });
    if (cursor !== '') query.set('cursor', cursor);
    const answer: Record<string, unknown> = await api.json(page, 'GET', `${path}?${query}`);
    items.push(...z.array(item).parse(answer[field]));
    cursor = z.string().nullable().parse(answer.nextCursor);
  }
  if (options.json) say(JSON.stringify(items, null, 2));
  else sayRows(items.map(row));
  if (items.length === 0) tell('There are none.');
  if (cursor !== null) tell(`There are more: --limit ${limit * 10} lists them.`);
}

/** Prints an answer as it is. A report that tells of a denial ends with 1. @throws ClientError for a problem */
export async function print(api: ApiClient, method: string, path: string, sent: Sent = {}): Promise<void> {
  const { status, type, text } = await api.send(method, path, sent);
  if (status >= 300 && (status !== 403 || type.startsWith('application/problem+json')))
    throw problemOf(status, text);
  process.stdout.write(text);
  if (!text.endsWith('\n')) process.stdout.write('\n');
  if (status >= 300) throw new Exit(1);
}
