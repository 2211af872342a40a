import { z } from 'zod';
import {
  ChangeSchema,
  PolicySetSchema,
  VersionSummarySchema,
} from '../../../policy-sets/policy-set-schemas.ts';
import { EXIT, type ExitCode } from '../../shell/command-error.ts';
import { API_OPTIONS, type CommandFamily, SET_OPTIONS, type Task } from '../command.ts';
import { printAnswer, printList } from '../print-answers.ts';
import { workloadsBody } from '../workload-file.ts';

/** The commands about what is stored of policy sets. */
export const SET_COMMANDS: CommandFamily = {
  show: {
    args: ['<version>'],
    summary: 'Print the policies of a version as Cedar text; with --json, all of it.',
    options: ['json', ...SET_OPTIONS],
    run: showVersion,
  },
  sets: {
    args: [],
    summary: 'List the policy sets.',
    options: ['limit', 'json', ...API_OPTIONS],
    run: listSets,
  },
  versions: {
    args: [],
    summary: 'List the versions of a set, the newest first.',
    options: ['limit', 'json', ...SET_OPTIONS],
    run: listVersions,
  },
  history: {
    args: [],
    summary: 'List the changes of a set, the newest first: who did what, when and why.',
    options: ['limit', 'json', ...SET_OPTIONS],
    run: listChanges,
  },
  archive: {
    args: [],
    summary: 'End the changes of a set and make its aliases lead nowhere.',
    options: ['message', ...SET_OPTIONS],
    run: (task) => changeState(task, 'archive', 'archived'),
  },
  restore: {
    args: [],
    summary: 'Undo an archive.',
    options: ['message', ...SET_OPTIONS],
    run: (task) => changeState(task, 'restore', 'restored'),
  },
  'corpus get': {
    args: [],
    summary: 'Print the services that new versions of a set are tried on.',
    options: [...SET_OPTIONS],
    run: (task) => printAnswer(task, 'GET', task.set.path('/corpus'), { accept: '*/*' }),
  },
  'corpus set': {
    args: ['<file>'],
    summary: 'Store the services that new versions of a set are tried on, 100 at most.',
    options: ['message', ...SET_OPTIONS],
    run: storeCorpus,
  },
};

// A newer API may answer with more fields than this program knows.
const SetItemSchema = z.looseObject(
  PolicySetSchema.pick({ name: true, description: true, archived: true }).shape,
);
const VersionItemSchema = z.looseObject(VersionSummarySchema.shape);
const ChangeItemSchema = z.looseObject(ChangeSchema.shape);
const CorpusAnswerSchema = z.looseObject({ services: z.int() });

function showVersion(task: Task): Promise<ExitCode> {
  const [version = ''] = task.args;
  const path = task.set.path(`/versions/${encodeURIComponent(version)}`);
  const accept = task.options.json ? 'application/json' : 'application/cedar';
  return printAnswer(task, 'GET', path, { accept });
}

function listSets(task: Task): Promise<ExitCode> {
  return printList(task, {
    path: '/policy-sets',
    field: 'policySets',
    item: SetItemSchema,
    row: ({ name, archived, description }) => [name, archived ? 'archived' : '', description],
  });
}

function listVersions(task: Task): Promise<ExitCode> {
  return printList(task, {
    path: task.set.path('/versions'),
    field: 'versions',
    item: VersionItemSchema,
    row: ({ version, createdAt, policies, digest, message }) => [
      String(version),
      createdAt,
      `${policies} policies`,
      digest.slice(0, 'sha256:'.length + 12),
      message,
    ],
  });
}

function listChanges(task: Task): Promise<ExitCode> {
  return printList(task, {
    path: task.set.path('/history'),
    field: 'changes',
    item: ChangeItemSchema,
    row: ({ at, person, by, kind, alias, before, after, reason }) => [
      at,
      person?.name ?? by,
      [kind, alias].filter((part) => part !== null).join(' '),
      [before, after].filter((part) => part !== null).join(' -> '),
      reason,
    ],
  });
}

/** Archives or restores the set. */
async function changeState(
  { shell, api, set, options }: Task,
  verb: string,
  done: string,
): Promise<ExitCode> {
  const parts = { body: JSON.stringify({ reason: options.message }), ifMatch: '*' };
  await api.json(z.looseObject({}), 'POST', set.path(`/${verb}`), parts);
  shell.print(`${set.name} is ${done}.`);
  return EXIT.done;
}

async function storeCorpus({ shell, api, set, options, args: [file = ''] }: Task): Promise<ExitCode> {
  const query = options.message === '' ? '' : `?${new URLSearchParams({ reason: options.message })}`;
  const parts = { ...workloadsBody(shell, file), ifMatch: '*' };
  const { services } = await api.json(CorpusAnswerSchema, 'PUT', set.path(`/corpus${query}`), parts);
  shell.print(`The corpus of ${set.name} has ${services} services.`);
  return EXIT.done;
}
