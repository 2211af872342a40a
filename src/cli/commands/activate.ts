import { ClientError } from '../client.ts';
import { didYouMean } from '../options.ts';
import { say, tell } from '../show.ts';
import { type Command, SET, type Task } from './command.ts';
import { knownSet } from './known-set.ts';
/** The commands about aliases. */
export const ACTIVATE_COMMANDS: Readonly<Record<string, Command>> = {
  activate: {
    args: ['<version>'],
    summary: 'Make an alias point at a version: a number, a digest or another alias.',
    options: ['alias', 'message', 'require-no-new-denials', ...SET],
    run: (task) => activate(task, task.args[0] ?? ''),
  },
};

/** Makes an alias point at a version, and says what it was before. */
export async function activate(task: Task, version: string): Promise<void> {
  const { set: client, options } = task;
  const { alias, message } = options;
  const set = await knownSet(task);
  const before = set.aliases.find((each) => each.alias === alias);
  const names = set.aliases.map((each) => each.alias);
  // A misspelt alias would decide nothing, and nobody would notice.
  if (before === undefined && alias !== 'active')
    tell(`note: ${alias} is a new alias of ${client.name}.${didYouMean(alias, ['active', ...names])}`);
  const requireNoNewDenials = options['require-no-new-denials'];
  const order = { version, reason: message, requireNoNewDenials };
  const state = await client.activate(set, alias, order).catch((error: unknown) => {
    if (error instanceof ClientError && error.is('two-people-required'))
      tell(
        `TWO_PERSON_RULE is on: somebody else than who published version ${version} runs\n  npm run policies -- activate ${version} --set ${client.name} --alias ${alias}`,
      );
    throw error;
  });
  const now = `${client.name} ${alias} is version ${state.version}`;
  if (before === undefined) say(`${now}.`);
  else if (before.version === state.version) say(`${now} already.`);
  else say(`${now}; it was ${before.version}.`);
}
