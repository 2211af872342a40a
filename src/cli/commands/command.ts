import type { ApiClient, PolicySetClient } from '../client.ts';
import type { OptionName, Options } from '../options.ts';
/** What a command works with. */
export interface Task {
  readonly api: ApiClient;
  readonly set: PolicySetClient;
  readonly options: Options;
  readonly args: readonly string[];
}

/** A command of `npm run policies`. */
export interface Command {
  /** Its arguments, as the usage shows them; each must be given. */
  readonly args: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionName[];
  run(task: Task): Promise<void>;
}

/** The options of a command that calls the API. */
export const URL_OF_API = ['url'] as const;
/** The options of a command about one policy set. */
export const SET = ['set', ...URL_OF_API] as const;
