import { z } from 'zod';
import { Exit } from '../exit.ts';
import { didYouMean } from '../options.ts';
import type { Task } from './command.ts';
/** The set of the task. @throws Exit when there is none, with the name that was perhaps meant */
export async function knownSet({ api, set }: Task, hint = '') {
  const found = await set.read();
  if (found !== undefined) return found;
  const answer = z.looseObject({ policySets: z.array(z.looseObject({ name: z.string() })) });
  // Who may not list the sets is told without them.
  const names = await api
    .json(answer, 'GET', '/policy-sets?limit=100')
    .then(({ policySets }) => policySets.map(({ name }) => name))
    .catch(() => []);
  throw new Exit(3, `There is no policy set named ${set.name}.${didYouMean(set.name, names)}${hint}`);
}
