import { parseArgs } from 'node:util';
import { CommandError, EXIT, messageOf } from '../shell/command-error.ts';
import type { Shell } from '../shell/shell.ts';

/** The help text of `npm start`. */
export const START_USAGE = `Usage: npm start -- [options]

Serves the API on this machine, with the policies of policies/ as the active version of the set default.

Options
  --port <number>        where to serve (default: 8787)
  --var <NAME>=<value>   a setting of the Worker (docs/security.md), such as TWO_PERSON_RULE=on; may be repeated.
                         Settings can also be in a file .dev.vars, one per line.
  --folder <path>        the policies to publish (default: policies)
  --state <path>         where data and keys are kept (default: .wrangler/state); delete it to start with nothing
  --log                  print a line for each request, instead of writing it to requests.log in that folder
  --help                 show this

Exit codes: 0 it was stopped; 1 the policies are not good, or the Worker failed; 2 wrong usage, or the port is taken.
`;

/** The options of `npm start`. */
export interface StartOptions {
  readonly help: boolean;
  readonly port: number;
  /** The policy folder to publish. */
  readonly folder: string;
  /** The folder that keeps data and keys. */
  readonly state: string;
  /** Whether lines about requests are printed instead of written to a file. */
  readonly log: boolean;
  /** The settings of the Worker that `--var` gives. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Reads the arguments of `npm start`.
 *
 * @throws CommandError when one of them is wrong.
 */
export function readStartOptions(args: readonly string[], shell: Shell): StartOptions {
  const { help, port, folder, state, log, var: settings = [] } = parse(args);
  return {
    help,
    port: portOf(port),
    // Paths that the user gives are relative to the user's folder. The defaults are in the package.
    folder: folder === undefined ? 'policies' : shell.pathOf(folder),
    state: state === undefined ? '.wrangler/state' : shell.pathOf(state),
    log,
    settings: Object.fromEntries(settings.map(settingOf)),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8787' },
        var: { type: 'string', multiple: true },
        folder: { type: 'string' },
        state: { type: 'string' },
        log: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    // After the first sentence, Node gives advice that does not fit here.
    throw new CommandError(EXIT.usage, `${messageOf(error).split('. ')[0]}.\n\n${START_USAGE}`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new CommandError(EXIT.usage, `--port ${text}: expected a number from 1 to 65535.`);
}

function settingOf(text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new CommandError(EXIT.usage, `--var ${text}: expected <NAME>=<value>, such as TWO_PERSON_RULE=on.`);
}
