import { dirname, relative, resolve } from 'node:path';
import { z } from 'zod';
import { type DiffNames, diffVersions, unifiedText } from '../../policy-sets/diff.ts';
import type { VersionDraft } from '../../policy-sets/model.ts';
import { callersPath } from '../caller-folder.ts';
import { Exit } from '../exit.ts';
import type { Options } from '../options.ts';
import type { PolicyFolder } from '../policy-folder.ts';
import { say, tell } from '../show.ts';
import { activate } from './activate.ts';
import { type Command, SET, type Task } from './command.ts';
import { knownSet } from './known-set.ts';
/** The commands about a folder of policies. */
export const FOLDER_COMMANDS: Readonly<Record<string, Command>> = {
  test: {
    args: [],
    summary: 'Run the gates and the tests of a folder, without a server.',
    options: ['folder', 'set'],
    run: async ({ options }) => {
      const { report, ignored } = await goodFolder(options);
      const { passed, total } = report.tests;
      say(
        `${callersPath(options.folder)}: ${report.policies} policies are valid, ${passed} of ${total} tests passed.`,
      );
      for (const path of ignored) say(`${path} is left out: .policyignore names it.`);
    },
  },
  check: {
    args: [],
    summary: 'Run the gates and the tests of a folder on the server, without publishing it.',
    options: ['folder', ...SET],
    run: check,
  },
  diff: {
    args: [],
    summary: 'Show what a push would change against the active version.',
    options: ['folder', 'alias', 'create', 'exit-code', ...SET],
    run: diff,
  },
  push: {
    args: [],
    summary: 'Publish a folder as a new version.',
    options: ['folder', 'message', 'author', 'activate', 'alias', 'require-no-new-denials', 'create', ...SET],
    run: push,
  },
};

/** Reads a folder that passes the gates. @throws Exit with everything that is wrong with it */
async function goodFolder({ folder: path, set }: Options): Promise<PolicyFolder> {
  // Cedar takes a while to load, and most commands do without.
  const { readPolicyFolder } = await import('../policy-folder.ts');
  const folder = await readPolicyFolder(callersPath(path), set).catch((error: unknown) => {
    throw new Exit(2, error instanceof Error ? error.message : String(error));
  });
  for (const warning of folder.warnings) tell(`warning: ${warning}`);
  const { faults } = folder;
  if (faults.length === 0) return folder;
  const { passed, total } = folder.report.tests;
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const shown = faults.slice(0, 100);
  if (shown.length < faults.length) shown.push(`… and ${faults.length - shown.length} more.`);
  throw new Exit(1, `${shown.join('\n')}\n${count}; ${passed} of ${total} tests passed.`);
}

async function check({ api, set, options }: Task): Promise<void> {
  const { draft } = await goodFolder(options);
  const answer = z.looseObject({
    policies: z.int(),
    tests: z.looseObject({ passed: z.int(), total: z.int() }),
    warnings: z.array(z.looseObject({ message: z.string() })),
  });
  const sent = { body: JSON.stringify(draft) };
  const { policies, tests, warnings } = await api.json(answer, 'POST', set.path('/versions:check'), sent);
  for (const { message } of warnings) tell(`warning: ${message}`);
  say(`${set.name} would take it: ${policies} policies, ${tests.passed} of ${tests.total} tests passed.`);
}

async function diff(task: Task): Promise<void> {
  const { set, options } = task;
  const folder = await goodFolder(options);
  const { draft } = folder;
  if (!options.create) await knownSet(task, ' With --create everything is new.');
  const other = await set.content(options.alias);
  if (other === undefined) tell(`Nothing is ${options.alias} in ${set.name}: everything is new.`);
  const empty: VersionDraft = { ...draft, policies: {}, schema: null, entities: [], tests: [] };
  const difference = diffVersions(other ?? empty, draft, namesIn(options, folder));
  const { policies, other: parts } = difference;
  const unified = unifiedText(difference);
  if (unified === '') return say(`No difference from the ${options.alias} version of ${set.name}.`);
  process.stdout.write(unified);
  const changes = [
    ...Object.entries(policies).map(([what, ids]) => `${ids.length} ${what}`),
    ...parts.map((part) => `${part} changed`),
  ];
  say(`\nPolicies: ${changes.join(', ')}.`);
  if (options['exit-code']) throw new Exit(1);
}

/** Names what differs by the file where it stands; what is in none, by its id alone. */
function namesIn({ folder: path }: Options, { files, parts }: PolicyFolder): DiffNames {
  const above = dirname(resolve(callersPath(path)));
  const fromAbove = (file: string): string => relative(above, resolve(file));
  return {
    policy: (id) => `${fromAbove(files.get(id) ?? callersPath(path))}: ${id}`,
    part: (part) => {
      const file = parts.get(part);
      return `${file === undefined ? part : fromAbove(file)}${part === 'schema' ? '' : ', as JSON'}`;
    },
  };
}

async function push(task: Task): Promise<void> {
  const { set: client, options } = task;
  const { draft } = await goodFolder(options);
  const known = options.create ? await client.read() : await knownSet(task, ' With --create it is made.');
  const set = known ?? (await client.create(''));
  const before = set.latest?.version ?? 0;
  const { message, author } = options;
  const version = await client.publish(set, { ...draft, message, author });
  const what = `${client.name} version ${version.version} (${version.digest})`;
  say(
    version.version > before
      ? `Published ${version.policies} policies as ${what}.`
      : `Nothing new: this is ${what}.`,
  );
  if (options.activate) await activate(task, String(version.version));
}
