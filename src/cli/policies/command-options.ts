import type { parseArgs } from 'node:util';

/** The default of options that may be repeated. */
const NONE: string[] = [];

/**
 * Every option of every command, as `parseArgs` of Node takes it, with its value and its description for the usage.
 * A command names those that it takes.
 */
export const OPTIONS = {
  folder: { type: 'string', default: 'policies', value: '<path>', help: 'the folder of the policy set' },
  set: { type: 'string', default: 'default', value: '<name>', help: 'the policy set' },
  create: {
    type: 'boolean',
    default: false,
    value: '',
    help: 'the set need not exist yet: push creates it',
  },
  message: {
    type: 'string',
    default: '',
    value: '<text>',
    help: 'the reason, for the version and the history',
  },
  author: { type: 'string', default: '', value: '<text>', help: 'who wrote the policies' },
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
    help: 'what the key may do: compile, authorize, admission, pin, read, publish, activate, describeImages, admin; may be repeated',
  },
  namespace: {
    type: 'string',
    default: NONE,
    multiple: true,
    value: '<name>',
    help: 'the namespace of workloads that name none; of a key, one that it is confined to (may be repeated)',
  },
  'policy-set': {
    type: 'string',
    default: NONE,
    multiple: true,
    value: '<name>',
    help: 'a policy set that the key is confined to; may be repeated',
  },
  days: { type: 'string', default: '90', value: '<number>', help: 'after how many days the key expires' },
  json: { type: 'boolean', default: false, value: '', help: "print the API's answer as it is" },
  url: {
    type: 'string',
    default: 'http://127.0.0.1:8787',
    value: '<url>',
    help: 'the URL of the API; also TRACEWRIGHT_URL',
  },
  help: { type: 'boolean', default: false, short: 'h', value: '', help: 'show this help' },
} as const;

/** The name of an option, without `--`. */
export type OptionName = keyof typeof OPTIONS;

/** The options that every command takes, whether it needs them or not, so that a script can give them everywhere. */
export const COMMON_OPTIONS: readonly OptionName[] = ['folder', 'set', 'url', 'help'];

/** The value of each option, its default when the user gave none. */
export type Options = ReturnType<typeof parseArgs<{ readonly options: typeof OPTIONS }>>['values'];
