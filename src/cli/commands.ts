import { ACTIVATE_COMMANDS } from './commands/activate.ts';
import type { Command } from './commands/command.ts';
import { DECISION_COMMANDS } from './commands/decisions.ts';
import { FOLDER_COMMANDS } from './commands/folders.ts';
import { KEY_COMMANDS } from './commands/keys.ts';
import { SET_COMMANDS } from './commands/sets.ts';

/** Every command by its name, in the order in which the usage lists them. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...FOLDER_COMMANDS,
    ...ACTIVATE_COMMANDS,
    ...SET_COMMANDS,
    ...DECISION_COMMANDS,
    ...KEY_COMMANDS,
  }),
);
