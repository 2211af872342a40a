import { parseArgs } from 'node:util';
import { CommandError, EXIT, messageOf } from '../shell/command-error.ts';
import { didYouMean } from '../shell/did-you-mean.ts';
import { OPTIONS, type OptionName, type Options } from './command-options.ts';

/** The arguments of the command line, parsed. */
export interface Arguments {
  /** Everything that is no option: the name of the command and its arguments. */
  readonly positionals: readonly string[];
  /** The options that the user gave. */
  readonly given: readonly OptionName[];
  /** The value of each option. */
  readonly options: Options;
}

/**
 * Parses the arguments. Whether the command takes the options is not checked here.
 *
 * @throws CommandError when an option does not exist, or lacks its value.
 */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals, tokens } = parse(args);
  const options = tokens.filter((token) => token.kind === 'option');
  // An empty value is often an unset variable, as in --folder "$POLICIES".
  const empty = options.find(({ name, value }) => value === '' && name !== 'message' && name !== 'author');
  if (empty !== undefined) throw new CommandError(EXIT.usage, `--${empty.name} is empty.`);
  return { positionals, given: options.map(({ name }) => name), options: values };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS, tokens: true });
  } catch (error) {
    // After the first sentence, Node gives advice that does not fit here.
    const message = messageOf(error).split('. ')[0] ?? '';
    const [, unknown = ''] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
    throw new CommandError(EXIT.usage, `${message}.${didYouMean(unknown, Object.keys(OPTIONS), '--')}`);
  }
}
