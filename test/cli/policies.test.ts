import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, ADMIN_KEY } from '../support/credentials.ts';
import { type LocalWorker, startWorker } from '../support/local-worker.ts';

/** A folder of this test's own; it goes away with it. */
const scratch = mkdtempSync(join(tmpdir(), 'tracewright-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(scratch, `${name}-`));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as `npm run policies -- …` does. Folders in what it says are cut to their files. */
function policies(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const node = ['--import', './src/cli/hooks.ts', 'src/cli/policies.ts', ...args];
    execFile(
      process.execPath,
      node,
      { env: { ...process.env, NO_COLOR: '1', TRACEWRIGHT_TOKEN: ADMIN_KEY } },
      (error, out, err) => {
        const short = (text: string) => text.replaceAll(new RegExp(`${scratch}/[^/:]+/?`, 'g'), '');
        resolve({ code: Number(error?.code ?? 0), out: short(out), err: short(err) });
      },
    );
  });
}

const permit = (id: string, when = 'principal.namespace == "a"') =>
  `@id("${id}")\npermit (principal, action, resource) when { ${when} };\n`;

describe('npm run policies -- test', () => {
  test('the example policies pass, as the README shows', async () => {
    expect(await policies('test', '--folder', 'policies')).toEqual({
      code: 0,
      out: 'policies: 10 policies are valid, 11 of 11 tests passed.\n',
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
    const { code, out, err } = await policies('test', '--folder', folder);
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
    { args: ['test', '--folder', join(scratch, 'missing')], says: 'no such file or directory' },
  ])('$args is wrong usage', async ({ args, says }) => {
    const { code, out, err } = await policies(...args);
    expect(err).toContain(says);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

describe('against the API', () => {
  let worker: LocalWorker;
  let url: string;

  beforeAll(async () => {
    worker = await startWorker(join(scratch, 'state'));
    url = String(await worker.url);
  });
  afterAll(() => worker.dispose());

  test('a set goes its way: push, diff, activate, roll back', async () => {
    const folder = folderOf('set', { 'a.cedar': permit('a') });
    const here = ['--url', url, '--set', 'way'];
    const run = (...args: string[]) => policies(...args, '--folder', folder, ...here);

    const first = await run('push', '--message', 'The first.', '--author', 'ann');
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
    expect((await run('activate', '2', '--alias', 'staging')).out).toBe('way staging is version 2.\n');

    const history = await worker.fetch(`${url}policy-sets/way/history`, { headers: ADMIN });
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
    expect(await policies('activate', '1', ...here)).toEqual({
      code: 3,
      out: '',
      err: 'There is no policy set named refused.\n',
    });
    await policies('push', '--activate', ...here);
    const unknown = await policies('activate', '9', ...here);
    expect(unknown).toMatchObject({ code: 3, out: '' });
    expect(unknown.err).toMatch(/\(404\)/);

    const guarded = ['activate', '1', '--require-no-new-denials', ...here];
    expect((await policies(...guarded)).err).toMatch(/corpus.* \(409\)/is);

    const corpus = await worker.fetch(`${url}policy-sets/refused/corpus`, {
      method: 'PUT',
      headers: { ...ADMIN, 'content-type': 'application/yaml', 'if-match': '*' },
      body: `apiVersion: lattice.dev/v1alpha1
kind: LatticeService
metadata: { name: web, namespace: a }
spec:
  workload:
    containers:
      - { name: web, image: "web:1", command: [/web], securityContext: { readOnlyRootFilesystem: false } }
`,
    });
    expect(corpus.status).toBe(200);
    expect(await policies(...guarded)).toMatchObject({ code: 0 });
    writeFileSync(join(folder, 'a.cedar'), permit('a', 'principal.namespace == "z"'));
    const denied = await policies('push', '--activate', '--require-no-new-denials', ...here);
    expect(denied.code).toBe(3);
    expect(denied.out).toMatch(/^Published 1 policies as refused version 2 /);
    expect(denied.err).toContain('a/web web: readWriteRootFilesystem: a (changed)');
    const state = await worker.fetch(`${url}policy-sets/refused/aliases/active`, { headers: ADMIN });
    expect(await state.json()).toMatchObject({ version: 1 });
  });

  test('bad policies are not sent', async () => {
    const folder = folderOf('unsent', { 'a.cedar': 'permit (principal, action, resource);\n' });
    const { code } = await policies('push', '--url', url, '--set', 'unsent', '--folder', folder);
    expect(code).toBe(1);
    expect((await worker.fetch(`${url}policy-sets/unsent`, { headers: ADMIN })).status).toBe(404);
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
    expect(silent).toMatchObject({ code: 3, out: '' });
    expect(silent.err).toContain('does not answer');
  });
});
