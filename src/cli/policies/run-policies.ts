import { ApiClient } from '../api-client/api-client.ts';
import { ClientError } from '../api-client/client-error.ts';
import { PolicySetClient } from '../api-client/policy-set-client.ts';
import { problemLines } from '../api-client/problem-lines.ts';
import { CommandError, EXIT, type ExitCode, messageOf } from '../shell/command-error.ts';
import { didYouMean } from '../shell/did-you-mean.ts';
import type { Shell } from '../shell/shell.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, type OptionName } from './command-options.ts';
import { COMMANDS } from './commands.ts';
import { type Arguments, readArguments } from './read-arguments.ts';
import { usage, usageOfCommand } from './usage.ts';

/**
 * Runs a command of `npm run policies`. It writes errors to the shell, and never throws.
 *
 * @param args The arguments behind the name of the program.
 */
export async function runPolicies(args: readonly string[], shell: Shell): Promise<ExitCode> {
  try {
    return await run(args, shell);
  } catch (error) {
    return explain(error, shell);
  }
}

async function run(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const read = readArguments(args);
  const { given, options } = read;
  const { name, rest } = splitCommand(read.positionals);
  const command = COMMANDS.get(name);
  if (options.help) {
    shell.print(command === undefined ? usage() : usageOfCommand(name, command));
    return EXIT.done;
  }
  if (name === '') throw new CommandError(EXIT.usage, usage());
  if (command === undefined) {
    const meant = didYouMean(name, [...COMMANDS.keys()]);
    throw new CommandError(EXIT.usage, `There is no command ${name}.${meant}\n\n${usage()}`);
  }
  checkUsage(name, command, given, rest);
  const api = new ApiClient(shell.fetch, urlOf(read, shell), tokenOf(shell));
  return command.run({ shell, api, set: new PolicySetClient(api, options.set), options, args: rest });
}

/** Splits the positional arguments into the name of the command, of one word or of two, and its own arguments. */
function splitCommand(positionals: readonly string[]): { name: string; rest: readonly string[] } {
  const two = positionals.slice(0, 2).join(' ');
  if (COMMANDS.has(two)) return { name: two, rest: positionals.slice(2) };
  const [one = '', ...rest] = positionals;
  // When the first word begins a name of two words, as `keys` does, the second word is missing or wrong.
  const begins = [...COMMANDS.keys()].some((name) => name.startsWith(`${one} `));
  return begins ? { name: two, rest: [] } : { name: one, rest };
}

/** @throws CommandError when the command does not take these options, or another number of arguments. */
function checkUsage(
  name: string,
  command: Command,
  given: readonly OptionName[],
  args: readonly string[],
): void {
  const refuse = (message: string): never => {
    throw new CommandError(EXIT.usage, `${message}\n\n${usageOfCommand(name, command)}`);
  };
  const taken: readonly OptionName[] = [...command.options, ...COMMON_OPTIONS];
  const foreign = given.find((option) => !taken.includes(option));
  if (foreign !== undefined) refuse(`${name} takes no option --${foreign}.`);
  const missing = command.args.slice(args.length);
  if (missing.length > 0) refuse(`${name} needs ${missing.map(withArticle).join(' and ')}.`);
  const extra = args.slice(command.args.length);
  if (extra.length > 0) refuse(`Too many arguments: ${extra.join(' ')}.`);
}

/** An argument of the usage in words: `<id>` is `an id`. */
function withArticle(arg: string): string {
  const word = arg.slice(1, -1);
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

/** The URL of the API: the option wins over the variable. */
function urlOf({ given, options }: Arguments, { variables }: Shell): string {
  const url = given.includes('url') ? options.url : variables.TRACEWRIGHT_URL || options.url;
  if (/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) return url;
  throw new CommandError(EXIT.usage, `${url} is not the URL of an API: expected http://… or https://….`);
}

/** The credentials to call with; undefined when there are none. */
function tokenOf({ variables }: Shell): string | undefined {
  const { TRACEWRIGHT_TOKEN = '' } = variables;
  if (TRACEWRIGHT_TOKEN === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(TRACEWRIGHT_TOKEN)) return TRACEWRIGHT_TOKEN;
  throw new CommandError(EXIT.usage, 'TRACEWRIGHT_TOKEN holds characters that no key or token has.');
}

/** Writes why a command failed. */
function explain(error: unknown, shell: Shell): ExitCode {
  if (error instanceof CommandError) {
    shell.note(error.message);
    return error.exitCode;
  }
  if (error instanceof ClientError) {
    shell.note(error.message);
    for (const line of error.problem === undefined ? [] : problemLines(error.problem)) shell.note(line);
    return error.is('overrides-denied') ? EXIT.negative : EXIT.api;
  }
  const debug = shell.variables.TRACEWRIGHT_DEBUG === '1' && error instanceof Error ? error.stack : undefined;
  shell.note(debug ?? `The program failed unexpectedly: ${messageOf(error)}`);
  return EXIT.fault;
}
