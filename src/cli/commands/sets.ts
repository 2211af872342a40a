import { z } from 'zod';
import { ChangeSchema, PolicySetSchema, VersionSummarySchema } from '../../policy-sets/change.ts';
import { say } from '../show.ts';
import { list, print } from './answers.ts';
import { workloads } from './arguments.ts';
import { type Command, SET, type Task, URL_OF_API } from './command.ts';
/** The commands about what is stored of policy sets. */
export const SET_COMMANDS: Readonly<Record<string, Command>> = {
  show: {
    args: ['<version>'],
    summary: 'Print the policies of a version as Cedar text; with --json, all of it.',
    options: ['json', ...SET],
    run: async ({ api, set, options, args: [version = ''] }) => {
      const accept = options.json ? 'application/json' : 'application/cedar';
      await print(api, 'GET', set.path(`/versions/${encodeURIComponent(version)}`), { accept });
    },
  },
  sets: {
    args: [],
    summary: 'List the policy sets.',
    options: ['limit', 'json', ...URL_OF_API],
    run: (task) =>
      list(
        task,
        '/policy-sets',
        'policySets',
        z.looseObject(PolicySetSchema.pick({ name: true, description: true, archived: true }).shape),
        (each) => [each.name, each.archived ? 'archived' : '', each.description],
      ),
  },
  versions: {
    args: [],
    summary: 'List the versions of a set, the newest first.',
    options: ['limit', 'json', ...SET],
    run: (task) =>
      list(
        task,
        task.set.path('/versions'),
        'versions',
        z.looseObject(VersionSummarySchema.shape),
        (each) => [
          String(each.version),
          each.createdAt,
          `${each.policies} policies`,
          each.digest.slice(0, 19),
          each.message,
        ],
      ),
  },
  history: {
    args: [],
    summary: 'List the changes of a set, the newest first: who did what, when and why.',
    options: ['limit', 'json', ...SET],
    run: (task) =>
      list(task, task.set.path('/history'), 'changes', z.looseObject(ChangeSchema.shape), (each) => [
        each.at,
        each.person?.name ?? each.by,
        [each.kind, each.alias].filter((part) => part !== null).join(' '),
        [each.before, each.after].filter((part) => part !== null).join(' -> '),
        each.reason,
      ]),
  },
  archive: {
    args: [],
    summary: 'End the changes of a set and make its aliases lead nowhere.',
    options: ['message', ...SET],
    run: (task) => stand(task, 'archive', 'archived'),
  },
  restore: {
    args: [],
    summary: 'Undo an archive.',
    options: ['message', ...SET],
    run: (task) => stand(task, 'restore', 'restored'),
  },
  'corpus get': {
    args: [],
    summary: 'Print the services that new versions of a set are tried on.',
    options: [...SET],
    run: ({ api, set }) => print(api, 'GET', set.path('/corpus'), { accept: '*/*' }),
  },
  'corpus set': {
    args: ['<file>'],
    summary: 'Store the services that new versions of a set are tried on, 100 at most.',
    options: ['message', ...SET],
    run: async ({ api, set, options, args: [file = ''] }) => {
      const query = options.message === '' ? '' : `?${new URLSearchParams({ reason: options.message })}`;
      const sent = { ...workloads(file), ifMatch: '*' };
      const answer = z.looseObject({ services: z.int() });
      const { services } = await api.json(answer, 'PUT', set.path(`/corpus${query}`), sent);
      say(`The corpus of ${set.name} has ${services} services.`);
    },
  },
};

async function stand({ api, set, options }: Task, verb: string, done: string): Promise<void> {
  const sent = { body: JSON.stringify({ reason: options.message }), ifMatch: '*' };
  await api.json(z.looseObject({}), 'POST', set.path(`/${verb}`), sent);
  say(`${set.name} is ${done}.`);
}
