/**
 * Manages policy sets, and asks the API: `npm run policies -- <command>`.
 * @module
 */
import { ApiClient, ClientError, PolicySetClient } from './client.ts';
import { COMMANDS } from './commands.ts';
import { EXIT_CODES, Exit } from './exit.ts';
import { COMMON, describeOptions, didYouMean, type OptionName, readArguments } from './options.ts';
import { say, tell, tellProblem } from './show.ts';

// Who reads with `head` closes the pipe before all is written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 4));
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = explain(error);
}

/** Says why a command failed. @returns the exit code */
function explain(error: unknown): number {
  if (error instanceof Exit) {
    if (error.message !== '') tell(error.message);
    return error.exitCode;
  }
  if (error instanceof ClientError) {
    tell(error.message);
    tellProblem(error);
    return error.is('overrides-denied') ? 1 : 3;
  }
  const debug = process.env.TRACEWRIGHT_DEBUG === '1' && error instanceof Error ? error.stack : undefined;
  tell(debug ?? `Something went wrong here: ${error instanceof Error ? error.message : String(error)}`);
  return 4;
}

async function main(argv: readonly string[]): Promise<void> {
  const { positionals, given, options } = readArguments(argv);
  const { name, rest } = commandOf(positionals);
  const command = COMMANDS.get(name);
  if (options.help) return say(command === undefined ? usage() : usageOf(name));
  if (name === '') throw new Exit(2, usage());
  if (command === undefined)
    throw new Exit(2, `There is no command ${name}.${didYouMean(name, [...COMMANDS.keys()])}\n\n${usage()}`);
  const taken: readonly string[] = [...command.options, ...COMMON];
  const wrong = given.find((option) => !taken.includes(option));
  const takes = `\n\n${usageOf(name)}`;
  if (wrong !== undefined) throw new Exit(2, `${name} takes no option --${wrong}.${takes}`);
  if (rest.length < command.args.length)
    throw new Exit(2, `${name} needs ${command.args.slice(rest.length).map(oneOf).join(' and ')}.${takes}`);
  if (rest.length > command.args.length)
    throw new Exit(2, `Too many arguments: ${rest.slice(command.args.length).join(' ')}.${takes}`);
  const url = given.includes('url') ? options.url : process.env.TRACEWRIGHT_URL || options.url;
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw new Exit(2, `${url} is not the URL of an API: expected http://… or https://….`);
  const api = new ApiClient((at, init) => fetch(at, init), url, token());
  await command.run({ api, set: new PolicySetClient(api, options.set), options, args: rest });
}

/** The command that the arguments begin with, of one word or of two, and what comes after it. */
function commandOf(positionals: readonly string[]): { name: string; rest: readonly string[] } {
  const two = positionals.slice(0, 2).join(' ');
  if (COMMANDS.has(two)) return { name: two, rest: positionals.slice(2) };
  const [one = '', ...rest] = positionals;
  // Of `keys` alone, the second word is what is missing or wrong.
  const begins = [...COMMANDS.keys()].some((name) => name.startsWith(`${one} `));
  return begins ? { name: two, rest: [] } : { name: one, rest };
}

/** An argument in words: `<id>` is an id. */
function oneOf(arg: string): string {
  const word = arg.slice(1, -1);
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

function token(): string | undefined {
  const { TRACEWRIGHT_TOKEN = '' } = process.env;
  if (TRACEWRIGHT_TOKEN === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(TRACEWRIGHT_TOKEN)) return TRACEWRIGHT_TOKEN;
  throw new Exit(2, 'TRACEWRIGHT_TOKEN holds characters that no key or token has.');
}

function usage(): string {
  const width = Math.max(...[...COMMANDS].map(([name, { args }]) => [name, ...args].join(' ').length));
  const lines = [...COMMANDS].map(
    ([name, { args, summary }]) => `  ${[name, ...args].join(' ').padEnd(width)}  ${summary}`,
  );
  return `Usage: npm run policies -- <command> [options]

${lines.join('\n')}

Options of each command: npm run policies -- <command> --help
TRACEWRIGHT_URL says where the API is, TRACEWRIGHT_TOKEN is the API key or token to call with.

${EXIT_CODES}`;
}

function usageOf(name: string): string {
  const { args = [], summary = '', options = [] } = COMMANDS.get(name) ?? {};
  const names: readonly OptionName[] = [...options, 'help'];
  return `Usage: npm run policies -- ${[name, ...args].join(' ')} [options]

${summary}

Options
${describeOptions(names)}
${EXIT_CODES}`;
}
