import type { Context } from 'hono';
import { z } from 'zod';
import { parseValue } from '../compiler/model/parse.ts';
import { unknownName } from '../compiler/model/words.ts';
import type { Recent } from '../memory/recent.ts';
import { invalidRequest } from './problems.ts';

/**
 * Reads query parameters by a strict schema. An unknown parameter is a fault, because a misspelt option would silently
 * not apply. A list is given as repeated parameters, or separated by commas.
 *
 * @throws Problem `invalid-request`, with every faulty parameter.
 */
export function readQuery<T extends z.ZodObject>(url: string, schema: T): z.output<T> {
  const { searchParams } = new URL(url);
  const given = new Map<string, unknown>();
  const faults = [];
  for (const name of new Set(searchParams.keys())) {
    if (!Object.hasOwn(schema.shape, name)) {
      const known = Object.keys(schema.shape);
      faults.push({ parameter: name, message: unknownName('There is no parameter', name, known) });
      continue;
    }
    const values = searchParams.getAll(name);
    const [first] = values;
    const type = innermost(schema.shape[name]);
    if (type instanceof z.ZodArray)
      given.set(
        name,
        values.flatMap((value) => value.split(',')).filter((value) => value !== ''),
      );
    else if (values.length > 1)
      faults.push({ parameter: name, message: 'The parameter is given more than once.' });
    else given.set(name, plainValue(type, first ?? ''));
  }
  const parsed = parseValue(schema, Object.fromEntries(given));
  if (!parsed.ok)
    faults.push(...parsed.issues.map(({ path, message }) => ({ parameter: String(path[0] ?? ''), message })));
  if (faults.length > 0 || !parsed.ok) throw invalidRequest(faults);
  return parsed.data;
}

/** The longest query string that is remembered, in characters. */
const LONGEST_QUERY = 500;

/** Reads query parameters as {@link readQuery} does, and remembers them: most clients send the same query again. */
export function readRememberedQuery<T extends z.ZodObject>(
  url: string,
  schema: T,
  known: Recent<string, z.output<T>>,
): z.output<T> {
  const query = url.slice(url.indexOf('?') + 1);
  const held = known.get(query);
  if (held !== undefined) return held;
  const read = readQuery(url, schema);
  if (query.length <= LONGEST_QUERY) known.set(query, read);
  return read;
}

/** The query parameters of an operation that has none. */
export const NoQuerySchema = z.strictObject({});

/** Reads the parameters of a path. @throws Problem `invalid-request` */
export function readParams<T extends z.ZodObject>(context: Context, schema: T): z.output<T> {
  const parsed = parseValue(schema, context.req.param());
  if (parsed.ok) return parsed.data;
  throw invalidRequest(
    parsed.issues.map(({ path, message }) => ({
      parameter: String(path[0] ?? ''),
      message,
    })),
  );
}

/** Matches a number as a person writes it in a query. */
const NUMBER = /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/;

/** The text of a parameter as a value of its type. A text that is none stays one, and so is a fault. */
function plainValue(type: unknown, text: string): unknown {
  if (type instanceof z.ZodBoolean && (text === 'true' || text === 'false')) return text === 'true';
  return type instanceof z.ZodNumber && NUMBER.test(text) ? Number(text) : text;
}

function innermost(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? innermost(schema.unwrap())
    : schema;
}
