import type { Command } from './command.ts';
import { ALIAS_COMMANDS } from './commands/alias-commands.ts';
import { DECISION_COMMANDS } from './commands/decision-commands.ts';
import { FOLDER_COMMANDS } from './commands/folder-commands.ts';
import { KEY_COMMANDS } from './commands/key-commands.ts';
import { SET_COMMANDS } from './commands/set-commands.ts';

/** Every command of `npm run policies` by its name, in the order in which the usage lists them. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...FOLDER_COMMANDS,
    ...ALIAS_COMMANDS,
    ...SET_COMMANDS,
    ...DECISION_COMMANDS,
    ...KEY_COMMANDS,
  }),
);
