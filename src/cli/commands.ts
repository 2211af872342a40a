import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { z } from 'zod';
import { parseDocuments } from '../compiler/read/documents.ts';
import { ChangeSchema, PolicySetSchema, VersionSummarySchema } from '../policy-sets/change.ts';
import { type DiffNames, diffVersions, unifiedText } from '../policy-sets/diff.ts';
import type { VersionDraft } from '../policy-sets/model.ts';
import { callersPath } from './caller-folder.ts';
import { type ApiClient, ClientError, type PolicySetClient, problemOf, type Sent } from './client.ts';
import { Exit } from './exit.ts';
import { didYouMean, type OptionName, type Options } from './options.ts';
import type { PolicyFolder } from './policy-folder.ts';
import { say, sayRows, tell } from './show.ts';

/** What a command works with. */
export interface Task {
  readonly api: ApiClient;
  readonly set: PolicySetClient;
  readonly options: Options;
  readonly args: readonly string[];
}

/** A command of `npm run policies`. */
export interface Command {
  /** Its arguments, as the usage shows them; each must be given. */
  readonly args: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionName[];
  run(task: Task): Promise<void>;
}

const API = ['url'] as const;
const SET = ['set', ...API] as const;

/** Every command, by its name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
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
      options: [
        'folder',
        'message',
        'author',
        'activate',
        'alias',
        'require-no-new-denials',
        'create',
        ...SET,
      ],
      run: push,
    },
    activate: {
      args: ['<version>'],
      summary: 'Make an alias point at a version: a number, a digest or another alias.',
      options: ['alias', 'message', 'require-no-new-denials', ...SET],
      run: (task) => activate(task, task.args[0] ?? ''),
    },
    show: {
      args: ['<version>'],
      summary: 'Print the policies of a version as Cedar text; with --json, all of it.',
      options: ['json', ...SET],
      run: async ({ api, set, options, args: [version = ''] }) => {
        const accept = options.json ? 'application/json' : 'application/cedar';
        await print(api, 'GET', set.path(`/versions/${encodeURIComponent(version)}`), { accept });
      },
    },
    impact: {
      args: ['<version>', '<file>'],
      summary: 'Show which decisions about the workloads of a file a version would change.',
      options: ['against', 'exit-code', 'json', ...SET],
      run: impact,
    },
    sets: {
      args: [],
      summary: 'List the policy sets.',
      options: ['limit', 'json', ...API],
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
    compile: {
      args: ['<file>'],
      summary: 'Compile the workloads of a file, and print the policies.',
      options: ['output', 'namespace', 'version', 'query', ...SET],
      run: async ({ api, options, args: [file = ''] }) => {
        const query = queryOf(options, { output: options.output });
        await print(api, 'POST', `/compile?${query}`, { ...workloads(file), accept: '*/*' });
      },
    },
    authorize: {
      args: ['<file>'],
      summary: 'Decide about the workloads of a file, and print every decision.',
      options: ['namespace', 'version', 'query', 'exit-code', 'json', ...SET],
      run: authorize,
    },
    who: {
      args: [],
      summary: 'Show who the API takes you for, as policies see you.',
      options: [...API],
      run: ({ api }) => print(api, 'GET', '/caller'),
    },
    'keys list': {
      args: [],
      summary: 'List the API keys; never the keys themselves.',
      options: ['limit', 'json', ...API],
      run: (task) =>
        list(task, '/keys', 'keys', KeySchema, (each) => [
          each.id,
          each.revokedAt === null ? `until ${each.expiresAt}` : `revoked ${each.revokedAt}`,
          each.owner,
          each.scopes.join(','),
          each.name,
        ]),
    },
    'keys create': {
      args: [],
      summary: 'Create an API key, and print it this once.',
      options: ['name', 'owner', 'scope', 'namespace', 'policy-set', 'days', 'json', ...API],
      run: createKey,
    },
    'keys revoke': {
      args: ['<id>'],
      summary: 'Revoke an API key.',
      options: [...API],
      run: async ({ api, args: [id = ''] }) => {
        const key = await api.json(KeySchema, 'DELETE', `/keys/${encodeURIComponent(id)}`);
        say(`The key ${key.id} (${key.name}) is revoked.`);
      },
    },
  }),
);

const KeySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  scopes: z.array(z.string()),
  expiresAt: z.string(),
  revokedAt: z.string().nullable(),
});

/** Reads a folder that passes the gates. @throws Exit with everything that is wrong with it */
async function goodFolder({ folder: path, set }: Options): Promise<PolicyFolder> {
  // Cedar takes a while to load, and most commands do without.
  const { readPolicyFolder } = await import('./policy-folder.ts');
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

/** The set of the task. @throws Exit when there is none, with the name that was perhaps meant */
async function knownSet({ api, set }: Task, hint = '') {
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

async function activate(task: Task, version: string): Promise<void> {
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

async function stand({ api, set, options }: Task, verb: string, done: string): Promise<void> {
  const sent = { body: JSON.stringify({ reason: options.message }), ifMatch: '*' };
  await api.json(z.looseObject({}), 'POST', set.path(`/${verb}`), sent);
  say(`${set.name} is ${done}.`);
}

async function impact({ api, set, options, args }: Task): Promise<void> {
  const [version = '', file = ''] = args;
  const query = new URLSearchParams({ against: options.against });
  const path = set.path(`/versions/${encodeURIComponent(version)}/impact?${query}`);
  const answer = z.looseObject({
    newDenials: z.int(),
    newPermits: z.int(),
    unchanged: z.int(),
    changes: z.array(
      z.looseObject({
        service: z.string(),
        container: z.string().optional(),
        override: z.string(),
        causes: z.array(z.looseObject({ policy: z.string(), change: z.string() })),
      }),
    ),
  });
  const found = await api.json(answer, 'POST', path, workloads(file));
  if (options.json) say(JSON.stringify(found, null, 2));
  else {
    for (const { service, container = '', override, causes } of found.changes)
      say(
        `${[service, container].join(' ').trim()}: ${override}: ${causes.map(({ policy, change }) => `${policy} (${change})`).join(', ')}`,
      );
    say(`${found.newDenials} new denials, ${found.newPermits} new permits, ${found.unchanged} unchanged.`);
  }
  if (options['exit-code'] && found.newDenials > 0) throw new Exit(1);
}

async function authorize({ api, options, args: [file = ''] }: Task): Promise<void> {
  const answer = z.looseObject({
    decision: z.enum(['allow', 'deny']),
    decisions: z.array(
      z.looseObject({
        service: z.string(),
        container: z.string().optional(),
        override: z.string(),
        decision: z.enum(['allow', 'deny']),
        reason: z.string().optional(),
        policies: z.array(z.looseObject({ id: z.string() })),
      }),
    ),
  });
  const found = await api.json(answer, 'POST', `/authorize?${queryOf(options)}`, workloads(file));
  if (options.json) say(JSON.stringify(found, null, 2));
  else {
    sayRows(
      found.decisions.map(({ decision, service, container = '', override, reason, policies }) => [
        decision,
        service,
        container,
        override,
        [reason, ...policies.map(({ id }) => id)].filter((part) => part !== undefined).join(' '),
      ]),
    );
    say(`${found.decisions.length} decisions: ${found.decision}.`);
  }
  if (options['exit-code'] && found.decision === 'deny') throw new Exit(1);
}

async function createKey({ api, options }: Task): Promise<void> {
  const { name, owner, scope, namespace, days } = options;
  if (name === '' || owner === '' || scope.length === 0)
    throw new Exit(2, 'keys create needs --name, --owner and at least one --scope.');
  const body = JSON.stringify({
    name,
    owner,
    scopes: scope,
    expiresInDays: wholeNumber('days', days),
    ...(namespace.length === 0 ? {} : { namespaces: namespace }),
    ...(options['policy-set'].length === 0 ? {} : { policySets: options['policy-set'] }),
  });
  const created = await api.json(KeySchema.extend({ key: z.string() }), 'POST', '/keys', { body });
  if (options.json) return say(JSON.stringify(created, null, 2));
  tell(`The key ${created.id} is good until ${created.expiresAt}. It is shown this once:`);
  say(created.key);
}

/** Prints a list of the API as a table, page by page until there are as many as were asked for. */
async function list<T>(
  { api, options }: Task,
  path: string,
  field: string,
  item: z.ZodType<T>,
  row: (item: T) => readonly string[],
): Promise<void> {
  const limit = wholeNumber('limit', options.limit);
  const page = z.looseObject({ [field]: z.array(item), nextCursor: z.string().nullable() });
  const items: T[] = [];
  let cursor: string | null = '';
  while (cursor !== null && items.length < limit) {
    const query = new URLSearchParams({ limit: String(Math.min(100, limit - items.length)) });
    if (cursor !== '') query.set('cursor', cursor);
    const answer: Record<string, unknown> = await api.json(page, 'GET', `${path}?${query}`);
    items.push(...z.array(item).parse(answer[field]));
    cursor = z.string().nullable().parse(answer.nextCursor);
  }
  if (options.json) say(JSON.stringify(items, null, 2));
  else sayRows(items.map(row));
  if (items.length === 0) tell('There are none.');
  if (cursor !== null) tell(`There are more: --limit ${limit * 10} lists them.`);
}

/** Prints an answer as it is. A report that tells of a denial ends with 1. @throws ClientError for a problem */
async function print(api: ApiClient, method: string, path: string, sent: Sent = {}): Promise<void> {
  const { status, type, text } = await api.send(method, path, sent);
  if (status >= 300 && (status !== 403 || type.startsWith('application/problem+json')))
    throw problemOf(status, text);
  process.stdout.write(text);
  if (!text.endsWith('\n')) process.stdout.write('\n');
  if (status >= 300) throw new Exit(1);
}

/** A file of workloads, `-` for stdin. @throws Exit when it cannot be read */
function workloads(file: string): Sent {
  try {
    const body = readFileSync(file === '-' ? 0 : callersPath(file), 'utf8');
    const json = file.endsWith('.json') && parseDocuments(body, 'json').ok;
    return { body, type: json ? 'application/json' : 'application/yaml' };
  } catch (error) {
    const missing = z.object({ code: z.literal('ENOENT') }).safeParse(error).success;
    const why = error instanceof Error ? error.message : String(error);
    throw new Exit(2, missing ? `There is no file ${callersPath(file)}.` : `${file} cannot be read: ${why}.`);
  }
}

function queryOf(options: Options, more: Readonly<Record<string, string>> = {}): URLSearchParams {
  const query = new URLSearchParams({ policySet: options.set, version: options.version, ...more });
  const [namespace, ...others] = options.namespace;
  if (others.length > 0) throw new Exit(2, '--namespace is taken once: other workloads name their own.');
  if (namespace !== undefined) query.set('namespace', namespace);
  for (const each of options.query) {
    const at = each.indexOf('=');
    if (at < 1) throw new Exit(2, `--query ${each}: expected <name>=<value>.`);
    query.set(each.slice(0, at), each.slice(at + 1));
  }
  return query;
}

function wholeNumber(option: OptionName, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Exit(2, `--${option} ${text}: expected a whole number.`);
}
