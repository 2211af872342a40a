import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { COMMANDS } from '../../src/cli/policies/commands.ts';
import { type Ended, runPolicies, runPoliciesProcess } from '../support/commands.ts';
import { ADMIN, ADMIN_KEY } from '../support/credentials.ts';
import { type LocalWorker, startWorker } from '../support/local-worker.ts';

/** A folder of this test's own; it goes away with it. */
const scratch = mkdtempSync(join(tmpdir(), 'tracewright-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(scratch, `${name}-`));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

/** How Node shows where an error was thrown. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

/** The names of the table that the usage is made of. */
const COMMAND_NAMES = [...COMMANDS.keys()];

/** Folders in what a command says, cut to their files. */
const short = (text: string): string => text.replaceAll(new RegExp(`${scratch}/[^/:]+/?`, 'g'), '');

type Run = (...given: readonly (string | Readonly<Record<string, string>>)[]) => Promise<Ended>;

/** Calls a way to run commands with arguments and variables in any order. */
function withShortPaths(run: typeof runPolicies): Run {
  return async (...given) => {
    const args = given.filter((each) => typeof each === 'string');
    const variables = Object.assign({}, ...given.filter((each) => typeof each !== 'string'));
    const { code, out, err } = await run(args, { TRACEWRIGHT_TOKEN: ADMIN_KEY, ...variables });
    return { code, out: short(out), err: short(err) };
  };
}

const policies = withShortPaths(runPolicies);
/** For what the process itself is part of: each command runs in one, and each exit code comes from one. */
const policiesInProcess = withShortPaths(runPoliciesProcess);

const permit = (id: string, when = 'principal.namespace == "a"') =>
  `@id("${id}")\npermit (principal, action, resource) when { ${when} };\n`;

describe('npm run policies -- test', () => {
  test('the example policies pass, as the README shows', async () => {
    expect(await policiesInProcess('test', '--folder', 'policies')).toEqual({
      code: 0,
      out: 'policies: 14 policies are valid, 18 of 18 tests passed.\npolicies/management is left out: .policyignore names it.\n',
      err: '',
    });
  });

  test('every fault of a folder is told at once, with its file, line and column', async () => {
    const folder = folderOf('faulty', {
      'a.cedar': `${permit('one')}${permit('two', 'principal.nonsense == "a"')}`,
      'b.cedar': `// A comment.\n${permit('one')}`,
      'c.cedar': `\npermit (principal, action, resource);\n`,
      'd.cedar': `@id("torn")\npermit (principal, action resource);\n`,
      'entities.json':
        '[\n  { "uid": { "type": "Lattice::Nothing", "id": "x" }, "attrs": {}, "parents": [] }\n]\n',
    });
    const { code, out, err } = await policiesInProcess('test', '--folder', folder);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.split('\n').map((line) => /^(\S+:\d+:\d+: \[\w+\])/.exec(line)?.[1] ?? line)).toEqual([
      'b.cedar:1:1: [id]',
      'c.cedar:2:1: [id]',
      'd.cedar:2:27: [parse]',
      'a.cedar:4:45: [schema]',
      'entities.json:2:3: [entities]',
      '5 faults; 0 of 0 tests passed.',
      '',
    ]);
    expect(err).toContain('used in a.cedar too');
  });

  test.each([
    {
      what: 'a test whose expectation does not hold',
      files: {
        'tests.yaml':
          '- name: b runs it\n  principal: { namespace: b, name: b }\n  overrides: [readWriteRootFilesystem]\n  expect: { decision: allow }\n',
      },
      says: /tests\.yaml:1:3: \[tests\]/,
    },
    {
      what: 'tests that are not YAML',
      files: { 'tests.yaml': '- name: [\n' },
      says: /tests\.yaml:\d+:\d+: /,
    },
    {
      what: 'a setting that there is not',
      files: { 'settings.json': '{\n  "authorizeEntrypoint": true\n}' },
      says: /settings\.json:2:26: \/authorizeEntrypoint Unknown field/,
    },
    {
      what: 'a number that JSON readers round',
      files: {
        'entities.json':
          '[{ "uid": { "type": "Lattice::Service", "id": "a/b" },\n  "attrs": { "n": 9007199254740993 } }]',
      },
      says: /entities\.json:2:19: .*round/,
    },
    {
      what: 'a schema that does not parse',
      files: { 'schema.cedarschema': '\nentity ;' },
      says: /schema\.cedarschema:2:8: \[\w+\]/,
    },
    {
      what: 'a folder without a policy',
      files: { 'a.cedar': '// Nothing yet.\n' },
      says: /polic/,
    },
  ])('refuses $what, and says where', async ({ files, says }) => {
    const { code, err } = await policies(
      'test',
      '--folder',
      folderOf('bad', { 'a.cedar': permit('a'), ...files }),
    );
    expect(err).toMatch(says);
    expect(code).toBe(1);
  });

  test.each([
    { args: [], says: 'Usage' },
    { args: ['publish'], says: 'There is no command publish' },
    { args: ['activate'], says: 'activate needs a version' },
    { args: ['test', '--fodler', 'x'], says: "Unknown option '--fodler'" },
    { args: ['activate', '1', '2'], says: 'Too many arguments: 2' },
    { args: ['pus'], says: 'There is no command pus. Did you mean push?' },
    { args: ['keys'], says: 'There is no command keys.' },
    { args: ['keys', 'lst'], says: 'There is no command keys lst. Did you mean keys list?' },
    { args: ['test', '--foldr', 'x'], says: "Unknown option '--foldr'. Did you mean --folder?" },
    { args: ['test', '--folder', ''], says: '--folder is empty.' },
    { args: ['push', '--set='], says: '--set is empty.' },
    { args: ['test', '--folder'], says: "Option '--folder <value>' argument missing" },
    { args: ['who', '--author', 'x'], says: 'who takes no option --author' },
    { args: ['test', '--folder', join(scratch, 'missing')], says: 'There is no folder ' },
    { args: ['test', '--folder', 'README.md'], says: 'README.md is a file' },
    { args: ['compile', join(scratch, 'missing.yaml')], says: 'There is no file ' },
    { args: ['compile', 'test'], says: 'test cannot be read' },
    { args: ['sets', '--limit', 'many'], says: '--limit many: expected a whole number' },
    { args: ['compile', 'README.md', '--query', 'layout'], says: 'expected <name>=<value>' },
    { args: ['keys', 'create', '--name', 'x'], says: 'needs --name, --owner' },
    { args: ['who', '--url', 'localhost:8787'], says: 'localhost:8787 is not the URL of an API' },
  ])('$args is wrong usage', async ({ args, says }) => {
    const { code, out, err } = await policies(...args);
    expect(err).toContain(says);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toMatch(STACK);
  });

  test('a key that was cut when it was copied is told before anything is sent', async () => {
    const { code, err } = await policiesInProcess('who', { TRACEWRIGHT_TOKEN: 'tw_admin_…' });
    expect({ code, err }).toEqual({
      code: 2,
      err: 'TRACEWRIGHT_TOKEN holds characters that no key or token has.\n',
    });
  });

  test.each(COMMAND_NAMES)('%s --help tells of its arguments, options and exit codes', async (name) => {
    const { code, out, err } = await policiesInProcess(...name.split(' '), '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      new RegExp(
        `^Usage: npm run policies -- ${name}( <\\w+>)* \\[options\\]\n\n.+\\.\n\nOptions\n( .*\n)+\nExit codes\n`,
      ),
    );
  });

  test('a reader that has seen enough, such as head, is no error', async () => {
    const command = `"${process.execPath}" --import ./src/cli/hooks.ts src/cli/policies-command.ts --help | true`;
    const err = await new Promise((done) =>
      execFile('sh', ['-c', command], (_error, _out, said) => done(said)),
    );
    expect(err).toBe('');
  });

  test('the usage lists every command', async () => {
    const { code, out } = await policies('--help');
    expect(code).toBe(0);
    expect(COMMAND_NAMES.length).toBeGreaterThan(10);
    for (const name of COMMAND_NAMES) expect(out).toContain(`\n  ${name} `);
  });
});

describe('the files of a folder', () => {
  const BROKEN = '@id("x")\nforbid (principal, action resource);\n';
  const RULE = `- name: a runs it
  principal: { namespace: a, name: a }
  overrides: [readWriteRootFilesystem]
  expect: { decision: allow }
`;

  test('are read from subfolders too, in the order of their paths', async () => {
    const folder = folderOf('deep', {
      'b.cedar': permit('b'),
      'teams/payments/p.cedar': permit('p'),
      'a/z.cedar': permit('z'),
      'teams/README.md': 'Who owns what.',
      '.gitkeep': '',
    });
    expect(await policies('test', '--folder', folder)).toMatchObject({ code: 0, err: '' });
    writeFileSync(join(folder, 'teams/payments/p.cedar'), BROKEN);
    const { code, err } = await policies('test', '--folder', folder);
    expect(code).toBe(1);
    expect(err).toMatch(/^teams\/payments\/p\.cedar:2:27: \[parse\]/);
  });

  test.each(['tests.yaml', 'tests.yml', 'tests.json'])('tests are read from %s', async (file) => {
    const text = file.endsWith('.json') ? JSON.stringify(parse(RULE)) : RULE;
    const folder = folderOf('parts', { 'a.cedar': permit('a'), [file]: text });
    expect((await policies('test', '--folder', folder)).out).toContain('1 of 1 tests passed');
  });

  test.each(['entities', 'settings'])('%s are read from .json, .yaml and .yml', async (part) => {
    for (const ending of ['json', 'yaml', 'yml']) {
      const folder = folderOf('parts', { 'a.cedar': permit('a'), [`${part}.${ending}`]: '"wrong"' });
      const { code, err } = await policies('test', '--folder', folder);
      expect(code).toBe(1);
      expect(err).toContain(`${part}.${ending}:1:1: `);
    }
  });

  test.each([
    { file: 'test.yaml', says: 'test.yaml: It is not read. Did you mean tests.yaml?' },
    { file: 'entites.json', says: 'entites.json: It is not read. Did you mean entities.json?' },
    { file: 'setting.yml', says: 'setting.yml: It is not read. Did you mean settings.yml?' },
    { file: 'schema.cedarschema.json', says: 'schema.cedarschema.json: It is not read.' },
    { file: 'guard.CEDAR', says: 'guard.CEDAR: It is not read. Did you mean guard.cedar?' },
    { file: 'guard.cedar.bak', says: 'guard.cedar.bak: It is not read.' },
    { file: 'notes.txt', says: 'notes.txt: It is not read. Policies are in *.cedar' },
    { file: '.hidden.cedar', says: '.hidden.cedar: A hidden file is not read: rename it.' },
    {
      file: 'teams/tests.yaml',
      says: 'teams/tests.yaml: It is read in the folder of the set only. Move what it says there, or, if teams is a policy set of its own, name teams in .policyignore.',
    },
  ])('a file that would be left out silently is refused: $file', async ({ file, says }) => {
    const folder = folderOf('left-out', { 'a.cedar': permit('a'), [file]: RULE });
    const { code, out, err } = await policies('test', '--folder', folder);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(says);
  });

  test('tests are read from *.tests.yaml too, and a fault names the file that it is in', async () => {
    const denied = RULE.replace('allow', 'deny');
    const folder = folderOf('more-tests', {
      'a.cedar': permit('a'),
      'learnt.tests.yaml': RULE,
      'team.tests.json': JSON.stringify(parse(`${RULE}${RULE}`)),
      'tests.yaml': RULE,
    });
    expect((await policies('test', '--folder', folder)).out).toContain('4 of 4 tests passed');
    writeFileSync(join(folder, 'team.tests.json'), JSON.stringify(parse(`${RULE}${denied}`), null, 1));
    const { code, err } = await policies('test', '--folder', folder);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^team\.tests\.json:15:2: \[tests\] Test "a runs it": .*\n1 fault; 3 of 4/),
    });
  });

  test.each([
    ['team.tests.yaml', '{}', 'team.tests.yaml:1:1: Expected a list.'],
    ['teams/team.tests.yaml', RULE, 'teams/team.tests.yaml: It is read in the folder of the set only.'],
    ['team.test.yml', RULE, 'team.test.yml: It is not read. Did you mean team.tests.yml?'],
  ])('more tests in %s are refused: %s', async (file, text, says) => {
    const folder = folderOf('more-tests', { 'a.cedar': permit('a'), 'tests.yaml': RULE, [file]: text });
    const { code, err } = await policies('test', '--folder', folder);
    expect(code).toBe(1);
    expect(err).toContain(says);
  });

  test('one part in two files is refused', async () => {
    const folder = folderOf('twice', { 'a.cedar': permit('a'), 'tests.yaml': RULE, 'tests.yml': RULE });
    const { code, err } = await policies('test', '--folder', folder);
    expect(code).toBe(1);
    expect(err).toContain('tests.yml: tests.yaml has the tests already: keep one of the two.');
  });

  test('what .policyignore names is left out, and told', async () => {
    const folder = folderOf('ignored', {
      'a.cedar': permit('a'),
      '.policyignore': '# Sets of their own.\nother/\n./notes.txt\n',
      'other/x.cedar': BROKEN,
      'other/tests.yaml': RULE,
      'notes.txt': '',
    });
    const { code, out, err } = await policies('test', '--folder', folder);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('notes.txt is left out: .policyignore names it.\n');
    expect(out).toContain('other is left out: .policyignore names it.\n');
    writeFileSync(join(folder, '.policyignore'), 'othr\nother\nnotes.txt\n');
    const wrong = await policies('test', '--folder', folder);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('.policyignore: There is no othr in ');
  });

  test('links are followed to files, and refused to folders and to nothing', async () => {
    const folder = folderOf('links', { 'a.cedar': permit('a') });
    const other = folderOf('linked', { 'b.cedar': BROKEN });
    symlinkSync(join(other, 'b.cedar'), join(folder, 'b.cedar'));
    expect((await policies('test', '--folder', folder)).err).toContain('b.cedar:2:27: [parse]');
    symlinkSync(other, join(folder, 'more'));
    symlinkSync(join(other, 'nothing'), join(folder, 'gone.cedar'));
    const { err } = await policies('test', '--folder', folder);
    expect(err).toContain('more: A link to a folder is not followed.');
    expect(err).toContain('gone.cedar: The link leads nowhere.');
  });

  test('a policy that is not in UTF-8 is refused, not read with other characters', async () => {
    const folder = folderOf('latin', { 'a.cedar': permit('a') });
    writeFileSync(
      join(folder, 'b.cedar'),
      Buffer.from(permit('b', 'principal.namespace == "caf\xe9"'), 'latin1'),
    );
    const { code, err } = await policies('test', '--folder', folder);
    expect(code).toBe(1);
    expect(err).toContain('b.cedar: It is not in UTF-8.');
  });

  test('are those of the caller, not of the package that npm changes to', async () => {
    const folder = folderOf('elsewhere', { 'policies/only.cedar': permit('only') });
    const run = (...args: string[]) =>
      new Promise<Ended>((done) =>
        execFile(
          'npm',
          ['--prefix', process.cwd(), 'run', '-s', 'policies', '--', ...args],
          { cwd: folder, env: { ...process.env, NO_COLOR: '1' } },
          (error, out, err) => done({ code: Number(error?.code ?? 0), out, err }),
        ),
      );
    for (const args of [['test'], ['test', '--folder', './policies'], ['test', '--folder', 'policies/']]) {
      const { code, out } = await run(...args);
      expect({ code, out }).toEqual({
        code: 0,
        out: `${realpathSync(folder)}/policies: 1 policies are valid, 0 of 0 tests passed.\n`,
      });
    }
    rmSync(join(folder, 'policies'), { recursive: true });
    const { code, err } = await run('test');
    expect({ code, err }).toEqual({
      code: 2,
      err: `There is no folder ${realpathSync(folder)}/policies.\n`,
    });
  });
});

describe('against the API', () => {
  let worker: LocalWorker;
  let url: string;

  beforeAll(async () => {
    worker = await startWorker(join(scratch, 'state'), { API_KEYS: 'on' });
    url = worker.url;
  });
  afterAll(() => worker.dispose());

  test('a set goes its way: push, diff, activate, roll back', async () => {
    const folder = folderOf('set', { 'a.cedar': permit('a') });
    const here = ['--url', url, '--set', 'way'];
    const run = (...args: string[]) => policies(...args, '--folder', folder, ...here);

    const unknown = await run('push');
    expect(unknown).toMatchObject({ code: 3, out: '' });
    expect(unknown.err).toBe('There is no policy set named way. With --create it is made.\n');
    const first = await run('push', '--message', 'The first.', '--author', 'ann', '--create');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^Published 1 policies as way version 1 \(sha256:[0-9a-f]{64}\)\.\n$/);
    expect((await run('push')).out).toMatch(/^Nothing new: this is way version 1 /);
    expect(await run('activate', '1')).toMatchObject({ code: 0, out: 'way active is version 1.\n' });
    expect(await run('diff', '--exit-code')).toMatchObject({
      code: 0,
      out: 'No difference from the active version of way.\n',
    });

    writeFileSync(join(folder, 'a.cedar'), permit('a', 'principal.namespace == "b"') + permit('b'));
    const diff = await run('diff');
    expect(diff.code).toBe(0);
    expect(diff.out).toContain('-permit (principal, action, resource) when { principal.namespace == "a" };');
    expect(diff.out).toContain('+permit (principal, action, resource) when { principal.namespace == "b" };');
    const name = basename(folder);
    expect(diff.out).toContain(`--- a/${name}/a.cedar: a\n+++ b/${name}/a.cedar: a\n`);
    expect(diff.out).toContain(`--- /dev/null\n+++ b/${name}/a.cedar: b\n`);
    expect(diff.out).toMatch(/\nPolicies: 1 added, 0 removed, 1 changed\.\n$/);
    expect((await run('diff', '--exit-code')).code).toBe(1);

    const second = await run('push', '--activate', '--message', 'b needs it.');
    expect(second.out).toMatch(
      /^Published 2 policies as way version 2 .*\nway active is version 2; it was 1\.\n$/,
    );
    expect((await run('activate', '2')).out).toBe('way active is version 2 already.\n');
    expect((await run('activate', '1', '--message', 'Roll back.')).out).toBe(
      'way active is version 1; it was 2.\n',
    );
    expect(await run('activate', '2', '--alias', 'staging')).toEqual({
      code: 0,
      out: 'way staging is version 2.\n',
      err: 'note: staging is a new alias of way.\n',
    });
    expect((await run('activate', '2', '--alias', 'actve')).err).toContain('Did you mean active?');

    const history = await fetch(`${url}policy-sets/way/history`, { headers: ADMIN });
    expect(await history.json()).toMatchObject({
      changes: expect.arrayContaining([
        expect.objectContaining({ reason: 'Roll back.' }),
        expect.objectContaining({ reason: 'b needs it.' }),
      ]),
    });
  });

  test('what the API refuses ends with 3 and its reasons', async () => {
    const folder = folderOf('refused', { 'a.cedar': permit('a') });
    const here = ['--url', url, '--set', 'refused', '--folder', folder];
    expect(await policiesInProcess('activate', '1', ...here)).toEqual({
      code: 3,
      out: '',
      err: 'There is no policy set named refused.\n',
    });
    await policies('push', '--activate', '--create', ...here);
    const unknown = await policies('activate', '9', ...here);
    expect(unknown).toMatchObject({ code: 3, out: '' });
    expect(unknown.err).toMatch(/\(404\)/);

    const guarded = ['activate', '1', '--require-no-new-denials', ...here];
    expect((await policies(...guarded)).err).toMatch(/corpus.* \(409\)/is);

    const corpus = await fetch(`${url}policy-sets/refused/corpus`, {
      method: 'PUT',
      headers: { ...ADMIN, 'content-type': 'application/yaml', 'if-match': '*' },
      body: WEB,
    });
    expect(corpus.status).toBe(200);
    expect(await policies(...guarded)).toMatchObject({ code: 0 });
    writeFileSync(join(folder, 'a.cedar'), permit('a', 'principal.namespace == "z"'));
    const denied = await policies('push', '--activate', '--require-no-new-denials', ...here);
    expect(denied.code).toBe(3);
    expect(denied.out).toMatch(/^Published 1 policies as refused version 2 /);
    expect(denied.err).toContain('a/web web: readWriteRootFilesystem: a (changed)');
    const state = await fetch(`${url}policy-sets/refused/aliases/active`, { headers: ADMIN });
    expect(await state.json()).toMatchObject({ version: 1 });
  });

  const WEB = `apiVersion: lattice.dev/v1alpha1
kind: LatticeService
metadata: { name: web, namespace: a }
spec:
  workload:
    containers:
      - { name: web, image: "web:1", command: [/web], securityContext: { readOnlyRootFilesystem: false } }
`;

  test('what can be read of a set is listed, as a table or as JSON', async () => {
    const folder = folderOf('read', { 'a.cedar': permit('a'), 'web.yaml': WEB, '.policyignore': 'web.yaml' });
    const here = ['--url', url, '--set', 'read'];
    const run = (...args: string[]) => policies(...args, ...here);
    await run('push', '--folder', folder, '--create', '--activate', '--message', 'The first.');
    writeFileSync(join(folder, 'a.cedar'), `// Why.\n${permit('a', 'principal.namespace == "z"')}`);
    expect((await run('check', '--folder', folder)).out).toBe(
      'read would take it: 1 policies, 0 of 0 tests passed.\n',
    );
    await run('push', '--folder', folder, '--message', 'The second.');

    expect((await run('sets')).out).toMatch(/^read$/m);
    const versions = await run('versions');
    expect(versions).toMatchObject({ code: 0, err: '' });
    expect(versions.out).toMatch(
      /^2 {2}\S+Z {2}1 policies {2}sha256:[0-9a-f]{12} {2}The second\.\n1 {2}\S+Z .*The first\.\n$/,
    );
    const one = await run('versions', '--limit', '1', '--json');
    expect(JSON.parse(one.out)).toMatchObject([{ version: 2 }]);
    expect(one.err).toBe('There are more: --limit 10 lists them.\n');
    expect((await run('history')).out).toMatch(/published +1 -> 2 +The second\.$/m);
    expect((await run('show', '2')).out).toBe(`// Why.\n${permit('a', 'principal.namespace == "z"')}`);
    expect(JSON.parse((await run('show', 'active', '--json')).out)).toMatchObject({ version: 1 });
    expect(await run('show', '7')).toMatchObject({ code: 3, out: '' });

    const file = join(folder, 'web.yaml');
    expect(await run('impact', '2', file)).toEqual({
      code: 0,
      out: 'a/web web: readWriteRootFilesystem: a (changed)\n1 new denials, 0 new permits, 0 unchanged.\n',
      err: '',
    });
    expect((await run('impact', '2', file, '--exit-code')).code).toBe(1);
    expect(JSON.parse((await run('impact', '2', file, '--json')).out)).toMatchObject({ newDenials: 1 });

    expect((await run('corpus', 'set', file, '--message', 'What runs.')).out).toBe(
      'The corpus of read has 1 services.\n',
    );
    expect((await run('corpus', 'get')).out).toBe(WEB);
    expect((await run('archive', '--message', 'Over.')).out).toBe('read is archived.\n');
    expect((await run('sets')).out).toMatch(/^read +archived$/m);
    expect((await run('push', '--folder', folder)).err).toMatch(/archived \(409\)/);
    expect((await run('restore')).out).toBe('read is restored.\n');
  });

  test('workloads are compiled and decided about', async () => {
    const folder = folderOf('ask', { 'a.cedar': permit('a') });
    const files = folderOf('files', {
      'web.yaml': WEB,
      'other.yaml': WEB.replace('namespace: a', 'namespace: b'),
    });
    const here = ['--url', url, '--set', 'ask'];
    const run = (...args: string[]) => policies(...args, ...here);
    await run('push', '--folder', folder, '--create', '--activate');
    const web = join(files, 'web.yaml');
    const other = join(files, 'other.yaml');

    const compiled = await run('compile', web, '--query', 'mode=monitor');
    expect(compiled).toMatchObject({ code: 0, err: '' });
    expect(compiled.out).toMatch(/^---\napiVersion: cilium\.io\/v1alpha1\n/);
    expect(compiled.out).toContain('value: monitor\n');
    const denied = await run('compile', other);
    expect(denied).toMatchObject({ code: 1, out: '' });
    expect(denied.err).toMatch(/^Security overrides are denied \(403\): /);
    expect(denied.err).toContain('b/web web (line 7): readWriteRootFilesystem is denied: NoPermitPolicy');
    expect(denied.err).toContain('principal == Lattice::Service::"b/web"');
    const report = await run('compile', other, '--output', 'markdown');
    expect(report).toMatchObject({ code: 1, err: '' });
    expect(report.out).toContain('1 override denied');
    const wrong = await run('compile', other, '--query', 'lyout=merged');
    expect(wrong).toMatchObject({ code: 3, out: '' });
    expect(wrong.err).toContain('lyout');

    const decided = await run('authorize', other);
    expect(decided).toMatchObject({ code: 0, err: '' });
    expect(decided.out).toBe(
      'deny  b/web  web  readWriteRootFilesystem  NoPermitPolicy\n1 decisions: deny.\n',
    );
    expect((await run('authorize', other, '--exit-code')).code).toBe(1);
    expect((await run('authorize', web, '--exit-code')).out).toContain('readWriteRootFilesystem  a\n');
    expect(JSON.parse((await run('authorize', web, '--json')).out)).toMatchObject({ decision: 'allow' });
  });

  test('keys are created, used within their bounds, listed and revoked', async () => {
    const run = (...args: readonly (string | Record<string, string>)[]) => policies(...args, '--url', url);
    const created = await run(
      'keys',
      'create',
      '--name',
      'CI',
      '--owner',
      'ada',
      '--scope',
      'read',
      '--days',
      '7',
    );
    expect(created.code).toBe(0);
    expect(created.err).toMatch(/^The key [0-9a-f]{16} is good until \S+\. It is shown this once:\n$/);
    const as = { TRACEWRIGHT_TOKEN: created.out.trim() };
    const id = created.out.split('_')[1] ?? '';
    expect(JSON.parse((await run('who', as)).out)).toMatchObject({ kind: 'api-key', scopes: ['read'] });
    expect((await run('keys', 'list')).out).toMatch(new RegExp(`^${id}  until \\S+  ada  read  CI$`, 'm'));
    const refused = await run('keys', 'list', as);
    expect(refused).toMatchObject({ code: 3, out: '' });
    expect(refused.err).toContain('may not manageKeys');
    const bad = await run('keys', 'create', '--name', 'x', '--owner', 'y', '--scope', 'everything');
    expect(bad.code).toBe(3);
    expect(bad.err).toContain('/scopes/0');
    expect((await run('keys', 'revoke', id)).out).toBe(`The key ${id} (CI) is revoked.\n`);
    expect((await run('keys', 'list')).out).toMatch(new RegExp(`^${id}  revoked `, 'm'));
    expect((await run('keys', 'revoke', '0123456789abcdef')).err).toMatch(/no such API key \(404\)/);
  });

  test('with TWO_PERSON_RULE a push is published, ends with 3, and says who activates', async () => {
    const strict = await startWorker(join(scratch, 'two'), { API_KEYS: 'on', TWO_PERSON_RULE: 'on' });
    try {
      const folder = folderOf('two', { 'a.cedar': permit('a') });
      const here = ['--url', strict.url, '--set', 'two'];
      const pushed = await policies('push', '--folder', folder, '--create', '--activate', ...here);
      expect(pushed.code).toBe(3);
      expect(pushed.out).toMatch(/^Published 1 policies as two version 1 .*\n$/);
      expect(pushed.err).toContain(
        'somebody else than who published version 1 runs\n  npm run policies -- activate 1 --set two --alias active\n',
      );
      const scopes = ['--scope', 'read', '--scope', 'activate'];
      const key = await policies('keys', 'create', '--name', 'second', '--owner', 'bo', ...scopes, ...here);
      const second = { TRACEWRIGHT_TOKEN: key.out.trim() };
      expect((await policies('activate', '1', second, ...here)).out).toBe('two active is version 1.\n');
    } finally {
      await strict.dispose();
    }
  });

  test('bad policies are not sent', async () => {
    const folder = folderOf('unsent', { 'a.cedar': 'permit (principal, action, resource);\n' });
    const { code } = await policies('push', '--url', url, '--set', 'unsent', '--folder', folder);
    expect(code).toBe(1);
    expect((await fetch(`${url}policy-sets/unsent`, { headers: ADMIN })).status).toBe(404);
  });

  test('an API that does not answer, or is another, ends with 3', async () => {
    const other = createServer((_, answer) => answer.writeHead(404).end('<h1>Not found</h1>'));
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      }),
    );
    const there = ['diff', '--folder', 'policies', '--url', `http://127.0.0.1:${port}`];
    const wrong = await policies(...there);
    expect(wrong).toMatchObject({ code: 3, err: 'The answer was 404, and not one of Tracewright.\n' });
    await new Promise((resolve) => other.close(resolve));
    const silent = await policies(...there);
    expect(silent).toEqual({
      code: 3,
      out: '',
      err: `http://127.0.0.1:${port} does not answer: the connection was refused (npm start serves it on this machine).\n`,
    });
    const nowhere = await policies('who', '--url', 'http://tracewright.invalid');
    expect(nowhere).toMatchObject({ code: 3, out: '' });
    expect(nowhere.err).toMatch(/^http:\/\/tracewright\.invalid does not answer: /);
  });

  test('a page with status 200, such as that of a login, is no answer', async () => {
    const login = createServer((_, answer) => answer.writeHead(200).end('<h1>Log in</h1>'));
    await new Promise<void>((listening) => login.listen(0, '127.0.0.1', listening));
    const { port } = z.object({ port: z.number() }).parse(login.address());
    expect(await policies('sets', '--url', `http://127.0.0.1:${port}`)).toEqual({
      code: 3,
      out: '',
      err: 'The answer was 200, and not one of Tracewright.\n',
    });
    await new Promise((closed) => login.close(closed));
  });
});
