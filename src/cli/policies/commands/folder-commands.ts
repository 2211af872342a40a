import { dirname, relative, resolve } from 'node:path';
import { z } from 'zod';
import { type DiffNames, diffVersions, unifiedText } from '../../../policy-sets/diff.ts';
import type { VersionDraft } from '../../../policy-sets/version-schemas.ts';
import type { PolicyFolder } from '../../policy-folder/read-policy-folder.ts';
import { CommandError, EXIT, type ExitCode, messageOf } from '../../shell/command-error.ts';
import { type CommandFamily, SET_OPTIONS, type Task } from '../command.ts';
import { knownSet } from '../known-set.ts';
import { activate } from './alias-commands.ts';

/** The commands about a folder of policies. */
export const FOLDER_COMMANDS: CommandFamily = {
  test: {
    args: [],
    summary: 'Run the gates and the tests of a folder, without a server.',
    options: ['folder', 'set'],
    run: test,
  },
  check: {
    args: [],
    summary: 'Run the gates and the tests of a folder on the server, without publishing it.',
    options: ['folder', ...SET_OPTIONS],
    run: check,
  },
  diff: {
    args: [],
    summary: 'Show what a push would change against the active version.',
    options: ['folder', 'alias', 'create', 'exit-code', ...SET_OPTIONS],
    run: diff,
  },
  push: {
    args: [],
    summary: 'Publish a folder as a new version.',
    options: [
      'folder',
      'message',
      'author',
      'activate',
      'alias',
      'require-no-new-denials',
      'create',
      ...SET_OPTIONS,
    ],
    run: push,
  },
};

/** The most faults of a folder that are shown. */
const SHOWN_FAULTS = 100;

/** Reads a folder that passes the gates. @throws CommandError with everything that is wrong with it. */
async function goodFolder({ shell, options }: Task): Promise<PolicyFolder> {
  // Cedar takes a while to load, and most commands do not need it.
  const { readPolicyFolder } = await import('../../policy-folder/read-policy-folder.ts');
  const folder = await readPolicyFolder(shell.pathOf(options.folder), options.set).catch((error: unknown) => {
    throw new CommandError(EXIT.usage, messageOf(error));
  });
  for (const warning of folder.warnings) shell.note(`warning: ${warning}`);
  const { faults } = folder;
  if (faults.length === 0) return folder;
  const { passed, total } = folder.report.tests;
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const shown = faults.slice(0, SHOWN_FAULTS);
  if (shown.length < faults.length) shown.push(`… and ${faults.length - shown.length} more.`);
  throw new CommandError(EXIT.negative, `${shown.join('\n')}\n${count}; ${passed} of ${total} tests passed.`);
}

async function test(task: Task): Promise<ExitCode> {
  const { shell, options } = task;
  const { report, ignored } = await goodFolder(task);
  const { passed, total } = report.tests;
  const path = shell.pathOf(options.folder);
  shell.print(`${path}: ${report.policies} policies are valid, ${passed} of ${total} tests passed.`);
  for (const file of ignored) shell.print(`${file} is left out: .policyignore names it.`);
  return EXIT.done;
}

const CheckAnswerSchema = z.looseObject({
  policies: z.int(),
  tests: z.looseObject({ passed: z.int(), total: z.int() }),
  warnings: z.array(z.looseObject({ message: z.string() })),
});

async function check(task: Task): Promise<ExitCode> {
  const { shell, api, set } = task;
  const { draft } = await goodFolder(task);
  const body = JSON.stringify(draft);
  const answer = await api.json(CheckAnswerSchema, 'POST', set.path('/versions:check'), { body });
  const { policies, tests, warnings } = answer;
  for (const { message } of warnings) shell.note(`warning: ${message}`);
  shell.print(
    `${set.name} would take it: ${policies} policies, ${tests.passed} of ${tests.total} tests passed.`,
  );
  return EXIT.done;
}

async function diff(task: Task): Promise<ExitCode> {
  const { shell, set, options } = task;
  const folder = await goodFolder(task);
  const { draft } = folder;
  if (!options.create) await knownSet(task, ' With --create everything is new.');
  const other = await set.content(options.alias);
  if (other === undefined) shell.note(`Nothing is ${options.alias} in ${set.name}: everything is new.`);
  const empty: VersionDraft = { ...draft, policies: {}, schema: null, entities: [], tests: [] };
  const difference = diffVersions(other ?? empty, draft, namesIn(shell.pathOf(options.folder), folder));
  const { policies, other: parts } = difference;
  const unified = unifiedText(difference);
  if (unified === '') {
    shell.print(`No difference from the ${options.alias} version of ${set.name}.`);
    return EXIT.done;
  }
  shell.write(unified);
  const changes = [
    ...Object.entries(policies).map(([what, ids]) => `${ids.length} ${what}`),
    ...parts.map((part) => `${part} changed`),
  ];
  shell.print(`\nPolicies: ${changes.join(', ')}.`);
  return options['exit-code'] ? EXIT.negative : EXIT.done;
}

/** Names each difference by the file that holds it. A policy of no file has its id alone. */
function namesIn(path: string, { files, parts }: PolicyFolder): DiffNames {
  const parent = dirname(resolve(path));
  const fromParent = (file: string): string => relative(parent, resolve(file));
  return {
    policy: (id) => `${fromParent(files.get(id) ?? path)}: ${id}`,
    part: (part) => {
      const names = parts.get(part)?.map(fromParent) ?? [part];
      return `${names.join(' and ')}${part === 'schema' ? '' : ', as JSON'}`;
    },
  };
}

async function push(task: Task): Promise<ExitCode> {
  const { shell, set: client, options } = task;
  const { draft } = await goodFolder(task);
  const known = options.create ? await client.read() : await knownSet(task, ' With --create it is made.');
  const set = known ?? (await client.create(''));
  const before = set.latest?.version ?? 0;
  const { message, author } = options;
  const version = await client.publish(set, { ...draft, message, author });
  const what = `${client.name} version ${version.version} (${version.digest})`;
  shell.print(
    version.version > before
      ? `Published ${version.policies} policies as ${what}.`
      : `Nothing new: this is ${what}.`,
  );
  return options.activate ? activate(task, String(version.version)) : EXIT.done;
}
