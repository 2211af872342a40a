import { EXIT_CODES } from '../shell/command-error.ts';
import type { Command } from './command.ts';
import { OPTIONS, type OptionName } from './command-options.ts';
import { COMMANDS } from './commands.ts';

/** The usage of `npm run policies`: every command, and what all commands share. */
export function usage(): string {
  const commands = [...COMMANDS].map(
    ([name, { args, summary }]) => [[name, ...args].join(' '), summary] as const,
  );
  return `Usage: npm run policies -- <command> [options]

${inColumns(commands)}
Options of each command: npm run policies -- <command> --help
TRACEWRIGHT_URL says where the API is, TRACEWRIGHT_TOKEN is the API key or token to call with.

${EXIT_CODES}`;
}

/** The usage of one command: its arguments and its options. */
export function usageOfCommand(name: string, { args, summary, options }: Command): string {
  return `Usage: npm run policies -- ${[name, ...args].join(' ')} [options]

${summary}

Options
${inColumns([...options, 'help' as const].map(optionLine))}
${EXIT_CODES}`;
}

/** An option with its value, and its description with its default. */
function optionLine(name: OptionName): readonly [option: string, description: string] {
  const { value, help, default: usual } = OPTIONS[name];
  const shown = typeof usual === 'string' && usual !== '' ? ` (default: ${usual})` : '';
  return [`--${name}${value === '' ? '' : ` ${value}`}`, `${help}${shown}`];
}

/** Indented lines of two columns, each with its line break. */
function inColumns(lines: readonly (readonly [left: string, right: string])[]): string {
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}
