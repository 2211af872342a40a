import { parseArgs } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import { Exit } from './exit.ts';

const NONE: string[] = [];

/** Every option of every command; a command names those that it takes. */
export const OPTIONS = {
  folder: { type: 'string', default: 'policies', value: '<path>', help: 'the folder of the policy set' },
  set: { type: 'string', default: 'default', value: '<name>', help: 'the policy set' },
  create: {
    type: 'boolean',
    default: false,
    value: '',
    help: 'the set may be one that there is not yet',
  },
  message: { type: 'string', default: '', value: '<text>', help: 'why: for the version and the history' },
  author: { type: 'string', default: '', value: '<text>', help: 'who wrote it' },
  activate: { type: 'boolean', default: false, value: '', help: 'activate what was pushed' },
  alias: { type: 'string', default: 'active', value: '<name>', help: 'the alias' },
  'require-no-new-denials': {
    type: 'boolean',
    default: false,
    value: '',
    help: 'refuse to deny what is permitted in the corpus of the set',
  },
  'exit-code': {
    type: 'boolean',
    default: false,
    value: '',
    help: 'end with 1 when there are differences, or a denial',
  },
  against: { type: 'string', default: 'active', value: '<version>', help: 'the version to compare with' },
  version: { type: 'string', default: 'active', value: '<version>', help: 'the version to decide by' },
  limit: { type: 'string', default: '20', value: '<number>', help: 'how many to list' },
  output: { type: 'string', default: 'yaml', value: '<format>', help: 'yaml, json, markdown, sarif, …' },
  query: {
    type: 'string',
    default: NONE,
    multiple: true,
    value: '<name=value>',
    help: 'a query parameter of the API, such as layout=merged; may be repeated',
  },
  name: { type: 'string', default: '', value: '<text>', help: 'what the key is for' },
  owner: { type: 'string', default: '', value: '<text>', help: 'the person who answers for the key' },
  scope: {
    type: 'string',
    default: NONE,
    multiple: true,
    value: '<scope>',
    help: 'what it may do: compile, authorize, admission, pin, read, publish, activate, admin; may be repeated',
  },
  namespace: {
    type: 'string',
    default: NONE,
    multiple: true,
    value: '<name>',
    help: 'the namespace of workloads that name none; of a key, one that it is confined to: may be repeated',
  },
  'policy-set': {
    type: 'string',
    default: NONE,
    multiple: true,
    value: '<name>',
    help: 'a policy set that it is confined to; may be repeated',
  },
  days: { type: 'string', default: '90', value: '<number>', help: 'when it expires' },
  json: { type: 'boolean', default: false, value: '', help: "print the API's answer as it is" },
  url: {
    type: 'string',
    default: 'http://127.0.0.1:8787',
    value: '<url>',
    help: 'the API; also TRACEWRIGHT_URL',
  },
  help: { type: 'boolean', default: false, short: 'h', value: '', help: 'show this' },
} as const;
/** The name of an option, without its dashes. */
export type OptionName = keyof typeof OPTIONS;

/** What every command takes, whether it needs it or not, so that a script can say it once. */
export const COMMON: readonly OptionName[] = ['folder', 'set', 'url', 'help'];

/** Reads the arguments; which options a command takes is looked at later. @throws Exit when one is unknown */
export function readArguments(args: readonly string[]) {
  try {
    const config = { args: [...args], allowPositionals: true, options: OPTIONS, tokens: true } as const;
    const { values, positionals, tokens } = parseArgs(config);
    const options = tokens.filter((token) => token.kind === 'option');
    const given = options.map(({ name }) => name);
    // Such as --folder "$POLICIES" where nobody set POLICIES.
    const empty = options.find(({ name, value }) => value === '' && name !== 'message' && name !== 'author');
    if (empty !== undefined) throw new Exit(2, `--${empty.name} is empty.`);
    return { positionals, given, options: values };
  } catch (error) {
    if (error instanceof Exit) throw error;
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    const [, unknown = ''] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
    throw new Exit(2, `${message}.${didYouMean(unknown, Object.keys(OPTIONS), '--')}`);
  }
}
/** The value of every option: what was given, or its default. */
export type Options = ReturnType<typeof readArguments>['options'];

/** A name that was perhaps meant, as a sentence with a space before it. */
export function didYouMean(wrong: string, names: readonly string[], prefix = ''): string {
  if (wrong === '' || names.length === 0) return '';
  const near = closest(wrong, names);
  return distance(wrong, near) <= Math.max(2, near.length / 3) ? ` Did you mean ${prefix}${near}?` : '';
}

/** The lines of a help text about some options. */
export function describeOptions(names: readonly OptionName[]): string {
  const lines = names.map((name) => {
    const { value, help, default: standard } = OPTIONS[name];
    const shown = typeof standard === 'string' && standard !== '' ? ` (default: ${standard})` : '';
    return [`--${name}${value === '' ? '' : ` ${value}`}`, `${help}${shown}`] as const;
  });
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}
