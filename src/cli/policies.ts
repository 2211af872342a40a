/**
 * Manages a policy set from a folder: `npm run policies -- push|diff|activate|test`.
 * @module
 */
import { parseArgs } from 'node:util';
import { diffVersions } from '../policy-sets/diff.ts';
import { ClientError, PolicySetClient } from './client.ts';
import { type PolicyFolder, readPolicyFolder } from './policy-folder.ts';

const USAGE = `Usage: npm run policies -- <command> [options]

  test                 run the gates and the tests of a folder, without a server
  diff                 show what a push would change against the active version
  push                 publish a folder as a new version
  activate <version>   make an alias point at a version: a number, a digest or another alias

Options
  --folder <path>            the folder of *.cedar files (policies)
  --set <name>               the policy set (default)
  --url <url>                the API (TRACEWRIGHT_URL, or http://127.0.0.1:8787)
  (TRACEWRIGHT_TOKEN)        the API key or token to call with
  --message <text>           why: for the version and the history
  --author <text>            who wrote it (push)
  --activate                 activate what was pushed (push)
  --alias <name>             the alias (active)
  --require-no-new-denials   refuse to deny what is permitted in the set's corpus (activate, push --activate)
  --exit-code                exit with 1 when there are differences (diff)

Exit codes: 0 done; 1 the policies are not good, or differ; 2 wrong usage; 3 the API refused or did not answer.
`;

/** What a command ends with. */
class Exit extends Error {
  readonly code: number;
  constructor(code: number, message = '') {
    super(message);
    this.code = code;
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  await main();
} catch (error) {
  if (!(error instanceof Exit) && !(error instanceof ClientError)) throw error;
  if (error.message !== '') process.stderr.write(`${error.message}\n`);
  if (error instanceof ClientError) showProblem(error);
  process.exitCode = error instanceof Exit ? error.code : 3;
}

async function main(): Promise<void> {
  const { command, argument, options } = readArguments();
  const client = new PolicySetClient(
    (url, init) => fetch(url, init),
    options.url,
    options.set,
    process.env.TRACEWRIGHT_TOKEN,
  );
  switch (command) {
    case 'test':
      return showFolder(options.folder, await goodFolder(options));
    case 'diff':
      return diff(client, await goodFolder(options), options);
    case 'push':
      return push(client, await goodFolder(options), options);
    case 'activate':
      if (argument === undefined) throw new Exit(2, `activate needs a version.\n\n${USAGE}`);
      return activate(client, argument, options);
    default:
      throw new Exit(2, `There is no command ${command}.\n\n${USAGE}`);
  }
}

type Options = ReturnType<typeof readArguments>['options'];

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        folder: { type: 'string', default: 'policies' },
        set: { type: 'string', default: 'default' },
        url: { type: 'string', default: process.env.TRACEWRIGHT_URL ?? 'http://127.0.0.1:8787' },
        message: { type: 'string', default: '' },
        author: { type: 'string', default: '' },
        activate: { type: 'boolean', default: false },
        alias: { type: 'string', default: 'active' },
        'require-no-new-denials': { type: 'boolean', default: false },
        'exit-code': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const [command, argument, ...others] = positionals;
    if (values.help) throw new Exit(0, USAGE);
    if (command === undefined) throw new Exit(2, USAGE);
    if (others.length > 0) throw new Exit(2, `Too many arguments: ${others.join(' ')}\n\n${USAGE}`);
    return { command, argument, options: values };
  } catch (error) {
    if (error instanceof Exit) throw error;
    throw new Exit(2, `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

/** Reads a folder that passes the gates. @throws Exit with everything that is wrong with it */
async function goodFolder({ folder: path, set }: Options): Promise<PolicyFolder> {
  const folder = await readPolicyFolder(path, set).catch((error: unknown) => {
    throw new Exit(2, error instanceof Error ? error.message : String(error));
  });
  for (const warning of folder.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (folder.faults.length === 0) return folder;
  const { passed, total } = folder.report.tests;
  const count = folder.faults.length === 1 ? '1 fault' : `${folder.faults.length} faults`;
  throw new Exit(1, `${folder.faults.join('\n')}\n${count}; ${passed} of ${total} tests passed.`);
}

function showFolder(path: string, { report }: PolicyFolder): void {
  const { passed, total } = report.tests;
  say(`${path}: ${report.policies} policies are valid, ${passed} of ${total} tests passed.`);
}

async function diff(client: PolicySetClient, { draft }: PolicyFolder, options: Options): Promise<void> {
  const active = await client.content(options.alias);
  const empty = { ...draft, policies: {}, schema: null, entities: [], tests: [] };
  const { policies, other, unified } = diffVersions(active ?? empty, draft);
  if (unified === '') return say(`No difference from the ${options.alias} version of ${options.set}.`);
  process.stdout.write(unified);
  const parts = [
    ...Object.entries(policies).map(([what, ids]) => `${ids.length} ${what}`),
    ...other.map((part) => `${part} changed`),
  ];
  say(`\nPolicies: ${parts.join(', ')}.`);
  if (options['exit-code']) throw new Exit(1);
}

async function push(client: PolicySetClient, { draft }: PolicyFolder, options: Options): Promise<void> {
  const set = (await client.read()) ?? (await client.create(''));
  const before = set.latest?.version ?? 0;
  const { message, author } = options;
  const version = await client.publish(set, { ...draft, message, author });
  const what = `${options.set} version ${version.version} (${version.digest})`;
  say(
    version.version > before
      ? `Published ${version.policies} policies as ${what}.`
      : `Nothing new: this is ${what}.`,
  );
  if (options.activate) await activate(client, String(version.version), options);
}

async function activate(client: PolicySetClient, version: string, options: Options): Promise<void> {
  const { alias, message } = options;
  const set = await client.read();
  if (set === undefined) throw new Exit(3, `There is no policy set named ${options.set}.`);
  const before = set.aliases.find((each) => each.alias === alias);
  const state = await client.activate(set, alias, {
    version,
    reason: message,
    requireNoNewDenials: options['require-no-new-denials'],
  });
  const now = `${options.set} ${alias} is version ${state.version}`;
  if (before === undefined) say(`${now}.`);
  else if (before.version === state.version) say(`${now} already.`);
  else say(`${now}; it was ${before.version}.`);
}

function showProblem({ problem }: ClientError): void {
  for (const { message, policy, pointer } of problem?.faults ?? [])
    process.stderr.write(
      `  ${[policy ?? pointer, message].filter((part) => part !== undefined).join(': ')}\n`,
    );
  for (const { service, override, container, causes } of problem?.changes ?? []) {
    const why =
      causes.map(({ policy, change }) => `${policy} (${change})`).join(', ') || 'no policy permits it';
    process.stderr.write(
      `  ${service}${container === undefined ? '' : ` ${container}`}: ${override}: ${why}\n`,
    );
  }
}
