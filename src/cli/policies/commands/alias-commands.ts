import { ClientError } from '../../api-client/client-error.ts';
import { EXIT, type ExitCode } from '../../shell/command-error.ts';
import { didYouMean } from '../../shell/did-you-mean.ts';
import { type CommandFamily, SET_OPTIONS, type Task } from '../command.ts';
import { knownSet } from '../known-set.ts';

/** The commands about aliases. */
export const ALIAS_COMMANDS: CommandFamily = {
  activate: {
    args: ['<version>'],
    summary: 'Make an alias point at a version: a number, a digest or another alias.',
    options: ['alias', 'message', 'require-no-new-denials', ...SET_OPTIONS],
    run: (task) => activate(task, task.args[0] ?? ''),
  },
};

/**
 * Makes the alias of `--alias` point at a version, and prints what it pointed at before.
 *
 * @param version A number, a digest or another alias.
 * @throws CommandError when the set does not exist.
 * @throws ClientError when the API refuses or does not answer.
 */
export async function activate(task: Task, version: string): Promise<ExitCode> {
  const { shell, set: client, options } = task;
  const { alias, message } = options;
  const set = await knownSet(task);
  const before = set.aliases.find((each) => each.alias === alias);
  const names = set.aliases.map((each) => each.alias);
  // A misspelt alias would decide nothing, and nobody would notice.
  if (before === undefined && alias !== 'active')
    shell.note(`note: ${alias} is a new alias of ${client.name}.${didYouMean(alias, ['active', ...names])}`);
  const requireNoNewDenials = options['require-no-new-denials'];
  const order = { version, reason: message, requireNoNewDenials };
  const state = await client.activate(set, alias, order).catch((error: unknown) => {
    if (error instanceof ClientError && error.is('two-people-required'))
      shell.note(
        `TWO_PERSON_RULE is on: somebody else than who published version ${version} runs\n  npm run policies -- activate ${version} --set ${client.name} --alias ${alias}`,
      );
    throw error;
  });
  const now = `${client.name} ${alias} is version ${state.version}`;
  if (before === undefined) shell.print(`${now}.`);
  else if (before.version === state.version) shell.print(`${now} already.`);
  else shell.print(`${now}; it was ${before.version}.`);
  return EXIT.done;
}
