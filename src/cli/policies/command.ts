import type { ApiClient } from '../api-client/api-client.ts';
import type { PolicySetClient } from '../api-client/policy-set-client.ts';
import type { ExitCode } from '../shell/command-error.ts';
import type { Shell } from '../shell/shell.ts';
import type { OptionName, Options } from './command-options.ts';

/** What a command works with. */
export interface Task {
  readonly shell: Shell;
  readonly api: ApiClient;
  /** The set that `--set` names. */
  readonly set: PolicySetClient;
  readonly options: Options;
  /** As many arguments as the command has. */
  readonly args: readonly string[];
}

/** A command of `npm run policies`. The usage texts are made of it. */
export interface Command {
  /** The arguments as the usage shows them, such as `<version>`. Each of them must be given. */
  readonly args: readonly string[];
  /** One sentence for the usage. */
  readonly summary: string;
  /** The options of the command. Those that every command takes need not be among them. */
  readonly options: readonly OptionName[];
  /**
   * Does what the command is for.
   *
   * @returns The exit code.
   * @throws CommandError when the command cannot do it.
   * @throws ClientError when the API refuses or does not answer.
   */
  run(task: Task): Promise<ExitCode>;
}

/** Some commands by their names, in the order in which the usage lists them. */
export type CommandFamily = Readonly<Record<string, Command>>;

/** The options of a command that calls the API. */
export const API_OPTIONS = ['url'] as const;

/** The options of a command about one policy set. */
export const SET_OPTIONS = ['set', ...API_OPTIONS] as const;
