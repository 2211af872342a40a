import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';

/** How many characters of a value a message repeats. */
const SHOWN = 60;

/** What a schema expects, as a person would say it. */
const NOUNS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'null',
  never: 'nothing',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a date and time such as 2026-01-31T12:00:00Z (RFC 3339)',
  url: 'a URL',
  base64: 'base64',
  base64url: 'base64url',
};

/** The message of an issue for which the schema has no message of its own. It avoids the words of zod and JavaScript. */
export function inWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType([issue.expected], issue.input);
    case 'invalid_value':
      return wrongValue(issue.values, issue.input);
    case 'too_small':
      return `Expected ${issue.exact === true ? 'exactly' : 'at least'} ${amount(issue.minimum, issue.origin)}.`;
    case 'too_big':
      return `Expected ${issue.exact === true ? 'exactly' : 'at most'} ${amount(issue.maximum, issue.origin)}.`;
    case 'invalid_format':
      return issue.format === 'regex'
        ? `Expected a string of the form ${issue.pattern ?? 'that is documented'}.`
        : `Expected ${FORMATS[issue.format] ?? `a string of the format ${issue.format}`}.`;
    case 'not_multiple_of':
      return `Expected a multiple of ${issue.divisor}.`;
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues[0]?.message ?? 'This key or element is not one that is taken.';
    case 'invalid_union':
      return noneOf(issue.errors, issue.input);
    case 'unrecognized_keys':
      return `Unknown fields: ${issue.keys.join(', ').slice(0, SHOWN)}.`;
    default:
      return 'The value is not one that is taken here.';
  }
}

/**
 * The known name that differs least from a name, if by no more than two letters; case and signs do not count.
 *
 * @example
 * nearest('read-only-root-filesystm', ['readOnlyRootFilesystem', 'runAsUser']); // => 'readOnlyRootFilesystem'
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 100) return undefined;
  const folded = fold(name);
  const near = known
    .map((each) => ({ each, steps: distance(folded, fold(each)) }))
    .filter(({ each, steps }) => steps <= 2 && steps < Math.max(1, each.length / 2))
    .sort((a, b) => a.steps - b.steps);
  return near[0]?.each;
}

/**
 * Says that a name is unknown, and which known one may have been meant. `what` begins the sentence.
 *
 * @example
 * unknownName('Unknown field', 'runAsUsr', ['runAsUser']); // => 'Unknown field "runAsUsr". Did you mean runAsUser?'
 */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `${what} ${JSON.stringify(name.slice(0, 200))}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
}

/** A name in lower case and without signs such as hyphens, so that spellings people confuse become equal. */
export function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function wrongType(expected: readonly string[], input: unknown): string {
  const nouns = [...new Set(expected.map((each) => NOUNS[each] ?? `a ${each}`))];
  const wanted = nouns.join(' or ');
  if (input === undefined) return `This is missing: expected ${wanted}.`;
  if (typeof input === 'string' && expected.includes('boolean')) {
    const meant = booleanOfYaml11(input);
    if (meant !== undefined)
      return `Expected true or false, not the string ${JSON.stringify(input)}. kubectl reads a plain ${input} as ${meant}: write ${meant}.`;
  }
  if (typeof input === 'string' && expected.some((each) => each === 'number' || each === 'int')) {
    if (/^[-+]?[0-9]+(\.[0-9]+)?$/.test(input) && input.length <= SHOWN)
      return `Expected ${wanted}, not the string ${JSON.stringify(input)}. Write it without quotes.`;
  }
  return `Expected ${wanted}, not ${shown(input)}.`;
}

/** The boolean for which YAML 1.1 takes a plain word; undefined when it takes it for a string. */
function booleanOfYaml11(text: string): boolean | undefined {
  if (/^(y|yes|on|true)$/i.test(text)) return true;
  return /^(n|no|off|false)$/i.test(text) ? false : undefined;
}

function shown(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a mapping';
  return typeof input === 'string' ? 'a string' : String(input);
}

function wrongValue(values: readonly unknown[], input: unknown): string {
  const options = values.map((value) => (typeof value === 'string' ? value : String(value)));
  const last = options.at(-1) ?? '';
  const list = options.length < 2 ? last : `one of ${options.slice(0, -1).join(', ')} and ${last}`;
  if (input === undefined) return `This is missing: expected ${list}.`;
  if (typeof input !== 'string') return `Expected ${list}, not ${shown(input)}.`;
  const meant = options.length < 2 ? undefined : nearest(input, options);
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `Expected ${list}, not ${JSON.stringify(input.slice(0, SHOWN))}.${hint}`;
}

const UNITS: Readonly<Record<string, readonly [string, string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
  object: ['member', 'members'],
};

function amount(count: number | bigint, origin: string): string {
  const [one, many] = UNITS[origin] ?? ['', ''];
  return `${count} ${Number(count) === 1 ? one : many}`.trim();
}

/** Why a value fits no branch of a union: what all branches expect, or the issue of the branch that it resembles. */
function noneOf(branches: readonly (readonly z.core.$ZodIssue[])[], input: unknown): string {
  const expected: string[] = [];
  for (const [issue] of branches) {
    if (issue?.code === 'invalid_type' && issue.path.length === 0) expected.push(issue.expected);
    else if (issue !== undefined) return issue.message;
  }
  return expected.length === 0 ? 'The value is not one that is taken here.' : wrongType(expected, input);
}
