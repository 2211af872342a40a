import { z } from 'zod';
import type { PolicySet } from '../../policy-sets/policy-set-schemas.ts';
import { CommandError, EXIT } from '../shell/command-error.ts';
import { didYouMean } from '../shell/did-you-mean.ts';
import type { Task } from './command.ts';

const SetNamesSchema = z.looseObject({ policySets: z.array(z.looseObject({ name: z.string() })) });

/**
 * Reads the policy set of the task.
 *
 * @param hint What the user can do when the set does not exist, as a sentence with a space before it.
 * @throws CommandError when the set does not exist, with the name that the user perhaps meant.
 */
export async function knownSet({ api, set }: Task, hint = ''): Promise<PolicySet> {
  const found = await set.read();
  if (found !== undefined) return found;
  // A caller who may not list the sets gets the message without a suggestion.
  const names = await api
    .json(SetNamesSchema, 'GET', '/policy-sets?limit=100')
    .then(({ policySets }) => policySets.map(({ name }) => name))
    .catch(() => []);
  const meant = didYouMean(set.name, names);
  throw new CommandError(EXIT.api, `There is no policy set named ${set.name}.${meant}${hint}`);
}
