import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import apiServer from '../../../examples/api-server.yaml?raw';
import storefront from '../../../examples/deployment.yaml?raw';
import { ExplainAnswerSchema } from '../../../src/api/explain/explain-answer.ts';
import { compile } from '../../../src/compiler/emit/compile.ts';
import { BaselineOptionsSchema } from '../../../src/compiler/emit/policies/baseline/baseline-options.ts';
import { baseline } from '../../../src/compiler/emit/policies/baseline.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../src/compiler/model/options.ts';
import exported from '../../fixtures/events/monitor.ndjson?raw';
import { type ArgValues, eventOf, type KprobeJson, type PodJson } from '../../support/events.ts';
import { workloads } from '../../support/services.ts';
import { postJson, problem, publish, send, sendAs } from '../../support/worker.ts';

const PERMITTED_BY = { name: 'default', version: 7, digest: 'sha256:0' };

const POD: PodJson = {
  namespace: 'production',
  name: 'api-server-7d9c5b8f4-x2x7k',
  container: { name: 'app' },
  pod_labels: { 'app.kubernetes.io/name': 'api-server' },
  workload: 'api-server',
  workload_kind: 'Deployment',
};

/** The event of a hook of the policies of a workload. */
function blockOf(
  text: string,
  call: string,
  values: ArgValues,
  { options = {}, pod = POD }: { options?: Partial<CompileOptions>; pod?: PodJson } = {},
): KprobeJson {
  for (const workload of workloads(text)) {
    const { manifests } = compile(workload, { ...DEFAULT_OPTIONS, ...options }, PERMITTED_BY);
    for (const manifest of manifests) {
      for (const kprobe of manifest.spec.kprobes)
        if (kprobe.call === call) return eventOf(manifest, kprobe, { values, pod });
    }
  }
  throw new Error(`no hook ${call}`);
}

const CURL = { resolved: '/usr/bin/wget', requested: '/usr/bin/wget', links: 1 };
const WGET = blockOf(apiServer, 'security_bprm_check', CURL);

/** An event with changes to its kprobe. */
function changed(event: KprobeJson, kprobe: Readonly<Record<string, unknown>>): unknown {
  return { ...event, process_kprobe: { ...event.process_kprobe, ...kprobe } };
}

async function answer(response: Response): Promise<z.output<typeof ExplainAnswerSchema>> {
  const text = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : text}`).toBe('200 ');
  return ExplainAnswerSchema.parse(JSON.parse(text));
}

async function explain(events: unknown, query = ''): Promise<z.output<typeof ExplainAnswerSchema>> {
  return answer(await postJson(`/explain${query}`, events));
}

function form(events: string, workload?: string): RequestInit {
  const body = new FormData();
  body.set('events', events);
  if (workload !== undefined) body.set('workloads', workload);
  return { method: 'POST', body };
}

/** The explanation of one event, with the workloads. */
async function withWorkload(event: unknown, workload: string) {
  const { explained } = await answer(await send('/explain', form(JSON.stringify(event), workload)));
  const [only, ...others] = explained;
  if (only === undefined || others.length > 0) throw new Error(`${explained.length} explanations`);
  return only;
}

async function one(event: unknown) {
  const { explained } = await explain(event);
  const [only, ...others] = explained;
  if (only === undefined || others.length > 0) throw new Error(`${explained.length} explanations`);
  return only;
}

beforeEach(async () => {
  await publish(
    '@id("tools") permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/usr/bin/wget");',
  );
});

describe('POST /explain', () => {
  test('tells the policy, the service, what was blocked, and what Cedar says of the override', async () => {
    expect(await one(WGET)).toEqual({
      summary: '/usr/bin/wget is not on the allowlist of production/api-server.',
      outcome: 'The process was killed.',
      policy: 'allow-binaries',
      policyName: 'allow-binaries-api-server',
      mode: 'enforce',
      service: { namespace: 'production', name: 'api-server', kind: 'service', knownBy: 'message' },
      container: 'app',
      pod: 'api-server-7d9c5b8f4-x2x7k',
      permittedBy: { name: 'default', version: 7 },
      blocked: { kind: 'binary', path: '/usr/bin/wget', requested: '/usr/bin/wget', deleted: false },
      process: { binary: '/usr/bin/app', parent: '/usr/bin/app' },
      count: 1,
      first: '2026-11-25T21:08:07.560Z',
      last: '2026-11-25T21:08:07.560Z',
      line: 1,
      remedies: [
        {
          words: 'List /usr/bin/wget in allowedBinaries.',
          decision: {
            service: 'production/api-server',
            override: 'allowedBinary:/usr/bin/wget',
            category: 'binary',
            container: 'app',
            implicit: false,
            decision: 'allow',
            policies: [{ id: 'tools', effect: 'permit', annotations: {} }],
          },
          changes: [],
        },
      ],
      notes: [
        'The event does not tell the labels of the workload, so policies about labels have decided as if it had none. Send the workload too.',
        'The event does not tell the kind of the workload, which is taken to be service.',
        'What Cedar permits takes effect when the workload asks for it, is compiled again, and its manifests are applied.',
      ],
    });
  });

  test('with the workload, tells the line to change', async () => {
    const { service, remedies, notes } = await withWorkload(WGET, apiServer);
    expect(service).toMatchObject({ knownBy: 'workload' });
    expect(remedies).toMatchObject([
      {
        decision: { decision: 'allow', image: 'api-server:latest' },
        inWorkload: false,
        changes: [
          {
            how: 'append',
            snippet: '- /usr/bin/wget',
            document: 0,
            pointer: '/spec/workload/containers/0/securityContext/allowedBinaries',
            line: 17,
            column: 13,
          },
        ],
      },
    ]);
    expect(notes).toEqual([expect.stringMatching(/^What Cedar permits takes effect/)]);
  });

  test('a denial has the permit to ask for, and the policies that forbid', async () => {
    await publish('@id("no") forbid (principal, action, resource) when { resource.path like "*wget" };');
    const { remedies } = await one(WGET);
    expect(remedies[0]?.decision).toMatchObject({
      decision: 'deny',
      reason: 'ExplicitForbid',
      policies: [{ id: 'no' }],
    });
    expect(remedies[0]?.decision?.suggestedPermit).toBeUndefined();
    const other = await one(
      blockOf(apiServer, 'security_bprm_check', { ...CURL, resolved: '/bin/sh', requested: '/bin/sh' }),
    );
    expect(other.remedies[0]?.decision?.suggestedPermit).toContain('"allowedBinary:/bin/sh"');
  });

  test('with the workload, its labels count', async () => {
    await publish('permit (principal, action, resource) when { principal.hasTag("team") };');
    expect((await one(WGET)).remedies[0]?.decision?.decision).toBe('deny');
    const labelled = apiServer.replace(
      '  name: api-server\n',
      '  name: api-server\n  labels: {team: payments}\n',
    );
    expect((await withWorkload(WGET, labelled)).remedies[0]?.decision?.decision).toBe('allow');
  });

  test('says when the workload asks for it already', async () => {
    const curl = blockOf(apiServer, 'security_bprm_check', {
      resolved: '/usr/bin/curl',
      requested: 'curl',
      links: 1,
    });
    expect((await withWorkload(curl, apiServer)).remedies[0]).toMatchObject({ inWorkload: true });
  });

  test.each([
    ['lists any binary', 'allowedBinaries: ["*"]', true],
    // A policy was made of it all the same, so what its image starts was known then.
    ['says nothing of its binaries', '', false],
  ])('a workload that %s asks for this one already: %s', async (_, listed, inWorkload) => {
    const text = apiServer.replace(/allowedBinaries:\n( +- .*\n)+/, `${listed}\n`);
    expect((await withWorkload(WGET, text)).remedies[0]).toMatchObject({ inWorkload });
  });

  test.each<[string, string, ArgValues, readonly unknown[]]>([
    [
      'a write to the root: a mount before the override',
      'security_file_open',
      { path: '/var/cache/app/x', 0: '/var/cache/app/x' },
      [
        { words: expect.stringContaining('emptyDir volume at /var/cache/app.') },
        { decision: { override: 'readWriteRootFilesystem', decision: 'deny' } },
      ],
    ],
    [
      'a directory: the mount is there',
      'security_inode_mkdir',
      { path: '/data', 1: '/data' },
      [{ words: expect.stringContaining('emptyDir volume at /data.') }, {}],
    ],
    [
      'a write where a mount would hide the image',
      'security_file_open',
      { path: '/etc/hosts', 0: '/etc/hosts' },
      [{ decision: { override: 'readWriteRootFilesystem' } }],
    ],
    [
      'an id change',
      'security_task_fix_setuid',
      { 0: 0, 1: 0, 2: 0, 3: 1000 },
      [{ decision: { override: 'runAsRoot' } }],
    ],
    [
      'a setuid program: a narrower field before the override',
      'security_bprm_committing_creds',
      { 0: 1000, 1: 0, 2: 1000, 3: 1000 },
      [
        { words: expect.stringContaining('allowPrivilegeEscalation: false') },
        { decision: { override: 'runAsRoot' } },
      ],
    ],
    [
      'capabilities',
      'security_capset',
      { 0: '1400', 1: '0', 2: '1400' },
      [
        { decision: { override: 'capability:NET_BIND_SERVICE' } },
        { decision: { override: 'capability:NET_ADMIN' } },
      ],
    ],
    ['file capabilities', 'security_bprm_committed_creds', {}, []],
    ['a memfd', 'security_bprm_check', { ...CURL, links: 0 }, []],
    [
      'a symbolic link: both paths',
      'security_bprm_check',
      { resolved: '/usr/bin/busybox', requested: '/bin/sh', links: 1 },
      [
        { decision: { override: 'allowedBinary:/usr/bin/busybox' } },
        { decision: { override: 'allowedBinary:/bin/sh' } },
      ],
    ],
    [
      'a relative path: only that of the file',
      'security_bprm_check',
      { resolved: '/app/tool', requested: './tool', links: 1 },
      [{ decision: { override: 'allowedBinary:/app/tool' } }],
    ],
  ])('%s', async (_, call, values, remedies) => {
    const explanation = await one(blockOf(apiServer, call, values));
    expect(explanation.remedies).toMatchObject(remedies);
    expect(explanation.remedies).toHaveLength(remedies.length);
    if (remedies.length === 0) expect(explanation.notes).not.toEqual([]);
  });

  test('with the workload, only the capabilities that it may not hold are asked for', async () => {
    const text = apiServer.replace('drop: [ALL]', 'drop: [ALL]\n            add: [NET_BIND_SERVICE]');
    const event = blockOf(text, 'security_capset', { 0: '1400', 1: '0', 2: '1400' });
    expect((await withWorkload(event, text)).remedies).toMatchObject([
      {
        decision: { override: 'capability:NET_ADMIN' },
        changes: [{ how: 'append', snippet: '- NET_ADMIN' }],
      },
    ]);
  });

  test.each<[string, ArgValues, string, string]>([
    [
      'security_bprm_check',
      CURL,
      '/spec/template/metadata/annotations',
      'runtime.lattice.dev/allowed-binaries.nginx: /usr/bin/wget',
    ],
    [
      'security_file_open',
      { path: '/srv/a/b', 0: '/srv/a/b' },
      '/spec/template/spec/containers/0',
      'volumeMounts:\n  - name: writable-srv-a\n    mountPath: /srv/a',
    ],
  ])('of a Kubernetes workload: %s', async (call, values, pointer, snippet) => {
    const pod = { ...POD, name: 'storefront-1', container: { name: 'nginx' } };
    const { remedies, service } = await withWorkload(blockOf(storefront, call, values, { pod }), storefront);
    expect(service).toEqual({
      namespace: 'production',
      name: 'storefront',
      kind: 'deployment',
      knownBy: 'workload',
    });
    expect(remedies[0]?.changes[0]).toMatchObject({ pointer, snippet, how: 'add', line: expect.any(Number) });
  });

  test('the baseline has no override, and names the tier', async () => {
    const manifest = baseline(BaselineOptionsSchema.parse({ mode: 'monitor' }));
    const kprobe = manifest.spec.kprobes.find(({ call }) => call === 'security_sb_mount');
    if (kprobe === undefined) throw new Error('no mount');
    const { remedies, notes, mode, outcome, summary } = await one(eventOf(manifest, kprobe, { pod: POD }));
    expect({ remedies, mode }).toEqual({ remedies: [], mode: 'monitor' });
    expect(summary).toBe('The cluster baseline lets no pod do this: to change mounts (security_sb_mount).');
    expect(outcome).toMatch(/only monitors/);
    expect(notes[0]).toMatch(/tier mount .*excludedNamespaces/);
  });

  test('a shared policy names no service: the pod does', async () => {
    const event = blockOf(
      apiServer,
      'security_file_open',
      { path: '/srv/x', 0: '/srv/x' },
      { options: { layout: 'shared' } },
    );
    const { service, remedies } = await one(event);
    expect(service).toEqual({
      namespace: 'production',
      name: 'api-server',
      kind: 'deployment',
      knownBy: 'pod',
    });
    expect(remedies).toHaveLength(2);
    expect((await withWorkload(event, apiServer)).service).toMatchObject({
      kind: 'service',
      knownBy: 'workload',
    });
  });
});

describe('as Markdown', () => {
  const markdown = async (init: RequestInit): Promise<string> => {
    const response = await send('/explain', init);
    expect(`${response.status} ${response.headers.get('content-type')}`).toBe(
      '200 text/markdown; charset=utf-8',
    );
    return response.text();
  };

  test('has a section for each block, with what Cedar says and the line to change', async () => {
    const events = [
      WGET,
      blockOf(apiServer, 'security_capset', { 0: '1000' }, { options: { mode: 'monitor' } }),
    ];
    const text = await markdown({
      ...form(JSON.stringify(events), apiServer),
      headers: { accept: 'text/markdown' },
    });
    expect(text.match(/^#+ .*$/gm)).toEqual([
      '## `/usr/bin/wget` is not on the allowlist of `production/api-server`.',
      '### List `/usr/bin/wget` in allowedBinaries.',
      '## A process of `production/api-server` asked for more capabilities than the pod may hold: `NET_ADMIN`.',
      '### Add `NET_ADMIN` to the capabilities.',
    ]);
    expect(text).toContain('Cedar permits `allowedBinary:/usr/bin/wget` by `tools`.');
    expect(text).toContain(
      'Append at line 17, `/spec/workload/containers/0/securityContext/allowedBinaries`:\n\n```yaml\n- /usr/bin/wget\n```',
    );
    expect(text).toContain('Cedar denies `capability:NET_ADMIN`: no policy permits it.');
    expect(text).toContain('```cedar\n@id("permit:production:api-server:app:capability:NET_ADMIN")');
    expect(text).toContain('mode monitor');
  });

  test('says what the workload asks for already, and what is forbidden', async () => {
    await publish('@id("no") forbid (principal, action, resource);');
    const curl = blockOf(apiServer, 'security_bprm_check', {
      resolved: '/usr/bin/curl',
      requested: 'curl',
      links: 1,
    });
    const text = await markdown({
      ...form(JSON.stringify([curl, curl]), apiServer),
      headers: { accept: 'text/markdown' },
    });
    expect(text).toContain('The workload that was sent asks for it already');
    expect(text).toContain('it is forbidden by `no`.');
    expect(text).toContain('Seen: 2 times, from ');
  });

  test('says when nothing is explained, and why', async () => {
    const body = JSON.stringify(changed(WGET, { tags: [] }));
    const headers = { 'content-type': 'application/json', accept: 'text/markdown' };
    const text = await markdown({ method: 'POST', body, headers });
    expect(text).toMatch(
      /^## No event is of a policy that Tracewright made\n\n- Not explained: 1, at 1\. It is of a policy/,
    );
  });
});

describe('what is sent', () => {
  const lines = (events: readonly unknown[]) => events.map((event) => JSON.stringify(event)).join('\n');

  test.each(['application/json', 'application/x-ndjson', 'application/jsonl', undefined])(
    'may be lines, as %s',
    async (type) => {
      const body = new TextEncoder().encode(`${lines([WGET, { process_exec: {} }])}\r\n\n`);
      const headers = type === undefined ? {} : { 'content-type': type };
      const { explained, skipped } = await answer(await send('/explain', { method: 'POST', body, headers }));
      expect(explained).toHaveLength(1);
      expect(skipped).toMatchObject([{ reason: 'incomplete', count: 1, lines: [2] }]);
    },
  );

  test('may be an array, or one event', async () => {
    expect((await explain([WGET, WGET])).explained).toMatchObject([{ count: 2 }]);
    expect((await explain(WGET)).explained).toMatchObject([{ count: 1 }]);
  });

  test('is told line by line where it is not explained', async () => {
    const process = { binary: '/bin/x' };
    const { time } = WGET;
    const { skipped } = await answer(
      await send('/explain', {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: [
          '{"process_exec":',
          lines([
            { level: 'info' },
            { process_exec: { process }, time },
            { process_tracepoint: {} },
            { rate_limit_info: {} },
            changed(WGET, { policy_name: 'file-monitoring' }),
            changed(WGET, { function_name: 'security_task_kill' }),
            changed(WGET, {
              message:
                'Blocked a binary outside the allowlist of service production/other (default version 7)',
            }),
          ]),
        ].join('\n'),
      }),
    );
    expect(skipped.map(({ reason, lines: places }) => [reason, places])).toEqual([
      ['not-json', [1]],
      ['not-an-event', [2]],
      ['no-hook', [3]],
      ['other-event', [4]],
      ['dropped', [5]],
      ['not-ours', [6]],
      ['unknown-hook', [7]],
      ['contradictory', [8]],
    ]);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'Blocked /bin/sh'],
    ['JSON of another kind', '{"kind":"Pod"}\n{}'],
    ['an empty array', '[]'],
  ])('that is %s is a problem', async (_, body) => {
    const headers = { 'content-type': 'application/json' };
    const { detail } = await problem(
      await send('/explain', { method: 'POST', body, headers }),
      'malformed-body',
    );
    expect(detail).toMatch(/^The body has no event of Tetragon/);
  });

  test('of another media type is refused, with a command that works', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { detail } = await problem(
      await send('/explain', { method: 'POST', body: '{}', headers }),
      'unsupported-media-type',
    );
    expect(detail).toContain("--header 'content-type: application/json'");
  });

  test('that is a form without events is refused', async () => {
    const body = new FormData();
    body.set('workloads', apiServer);
    await problem(await send('/explain', { method: 'POST', body }), 'invalid-request');
  });

  test('may have a mebibyte, and no more', async () => {
    const event = JSON.stringify(WGET);
    const padded = (length: number) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: event + ' '.repeat(length - event.length),
    });
    expect((await send('/explain', padded(LIMITS.bodyBytes))).status).toBe(200);
    await problem(await send('/explain', padded(LIMITS.bodyBytes + 1)), 'body-too-large');
  });

  test('may be about so many blocks that not all are explained', async () => {
    const events = Array.from({ length: LIMITS.explained + 1 }, (_, index) =>
      blockOf(apiServer, 'security_bprm_check', {
        resolved: `/bin/${index}`,
        requested: `/bin/${index}`,
        links: 1,
      }),
    );
    const all = await explain(events.slice(1));
    expect([all.explained.length, all.unexplained]).toEqual([LIMITS.explained, 0]);
    const more = await explain(events);
    expect([more.explained.length, more.unexplained]).toEqual([LIMITS.explained, 1]);
  });

  test('may come with a list that is as long as one may be, and is not repeated for each block', async () => {
    const paths = Array.from({ length: LIMITS.binaries }, (_, index) => `/opt/${'x'.repeat(50)}/${index}`);
    const long = storefront.replace(/allowed-binaries: .*/, `allowed-binaries.nginx: ${paths.join(',')}`);
    const pod = { ...POD, container: { name: 'nginx' } };
    const events = Array.from({ length: LIMITS.explained }, (_, index) =>
      blockOf(
        long,
        'security_bprm_check',
        { resolved: `/bin/${index}`, requested: `./${index}`, links: 1 },
        { pod },
      ),
    );
    const response = await send(
      '/explain',
      form(events.map((each) => JSON.stringify(each)).join('\n'), long),
    );
    const text = await response.text();
    expect(text.length).toBeLessThan(LIMITS.bodyBytes);
    const { explained } = ExplainAnswerSchema.parse(JSON.parse(text));
    expect(explained).toHaveLength(LIMITS.explained);
    expect(explained[0]?.remedies[0]?.changes[0]).toMatchObject({ how: 'append', snippet: '- /bin/0' });
  });

  test('gives the same answer in any order, but for the lines', async () => {
    const events = [
      WGET,
      { ...WGET, time: '2026-11-25T21:08:09Z' },
      blockOf(apiServer, 'security_capset', { 0: '1000' }),
      blockOf(storefront, 'security_bprm_check', CURL, { pod: { ...POD, container: { name: 'nginx' } } }),
      blockOf(apiServer, 'security_file_open', { path: '/a/b', 0: '/a/b' }),
    ];
    const withoutLines = async (list: readonly unknown[]) =>
      (await explain(list)).explained.map(({ line, ...rest }) => rest);
    const expected = await withoutLines(events);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(events, { minLength: events.length }), async (list) => {
        expect(await withoutLines(list)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });
});

test('the export of a real agent is explained, and what is no block is counted', async () => {
  const headers = { 'content-type': 'application/x-ndjson' };
  const { explained, skipped } = await answer(
    await send('/explain', { method: 'POST', body: exported, headers }),
  );
  expect(skipped).toMatchObject([{ reason: 'no-hook', count: 249 }]);
  expect(explained.reduce((sum, { count }) => sum + count, 0)).toBe(9);
  // The manifests are of an earlier release, and name no version.
  expect([...new Set(explained.map(({ mode, service }) => `${mode} ${service?.name}`))]).toEqual([
    'unknown app',
  ]);
  expect(explained.find(({ policy }) => policy === 'block-capset')?.notes.join()).toMatch(
    /container runtime/,
  );
});

describe('a caller', () => {
  async function keyFor(more: object): Promise<string> {
    const response = await send('/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'reader', owner: 'ada', scopes: ['authorize'], ...more }),
    });
    const { key }: { key: string } = await response.json();
    return key;
  }
  const asked = (token: string | null, events: unknown) =>
    sendAs(token, '/explain', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });
  const elsewhere = changed(WGET, {
    message: 'Blocked a binary outside the allowlist of service secret/api-server (default version 7)',
    process: { ...WGET.process_kprobe.process, pod: { ...POD, namespace: 'secret' } },
  });

  test('without credentials learns nothing', async () => {
    await problem(await asked(null, WGET), 'unauthenticated');
  });

  test('confined to a namespace may ask about that, and about no other', async () => {
    const key = await keyFor({ namespaces: ['production'] });
    expect((await answer(await asked(key, WGET))).explained).toHaveLength(1);
    for (const events of [elsewhere, [WGET, elsewhere], [elsewhere, WGET]]) {
      const { detail, ...rest } = await problem(await asked(key, events), 'forbidden');
      expect(`${detail} ${JSON.stringify(rest)}`).not.toMatch(/wget|tools/);
    }
  });

  test('confined to a namespace may send no workload of another', async () => {
    const key = await keyFor({ namespaces: ['production'] });
    const body = form(JSON.stringify(WGET), apiServer.replace('namespace: production', 'namespace: secret'));
    await problem(await sendAs(key, '/explain', body), 'forbidden');
  });

  test('needs the scope authorize', async () => {
    const key = await keyFor({ scopes: ['compile'] });
    await problem(await asked(key, WGET), 'forbidden');
  });
});

describe('hostile events', () => {
  const NASTY =
    '/tmp/\u001b[31mx\u202e`</code><img src=x onerror=alert(1)> [a](https://b) @team #1\n## h | \u009b2J';

  test.each(['json', 'markdown'])('names have no power in %s', async (output) => {
    const event = changed(
      blockOf(apiServer, 'security_bprm_check', { resolved: NASTY, requested: NASTY, links: 1 }),
      { process: { ...WGET.process_kprobe.process, binary: NASTY, pod: { ...POD, name: NASTY } } },
    );
    const response = await postJson(`/explain?output=${output}`, event);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
    const image = { name: NASTY };
    const named = changed(WGET, {
      process: { ...WGET.process_kprobe.process, pod: { ...POD, container: { name: 'app', image } } },
    });
    const { remedies } = await one(named);
    expect(remedies[0]?.decision?.image).toBeUndefined();
    if (output === 'markdown') {
      // Outside of code spans there is no markup of theirs.
      const outside = text.replaceAll(/(`+)[^`][\s\S]*?\1(?!`)/g, '');
      expect(outside).not.toMatch(/<img|https:|@team|## h/);
    } else {
      expect(JSON.parse(text).explained[0].remedies).toEqual([]);
    }
  });

  test('names of any length are cut', async () => {
    const long = `/${'x'.repeat(100_000)}`;
    const event = changed(
      blockOf(apiServer, 'security_bprm_check', { resolved: long, requested: long, links: 1 }),
      {
        process: { ...WGET.process_kprobe.process, binary: long, pod: { ...POD, name: long } },
      },
    );
    const response = await postJson('/explain', event);
    expect(response.status).toBe(200);
    expect((await response.text()).length).toBeLessThan(20_000);
  });

  test.each([
    ['a namespace that is none', { namespace: '<b>', name: 'x' }],
    ['a namespace that is no text', { namespace: 5, name: 'x' }],
    ['no fields', {}],
  ])('a pod with %s tells nothing', async (_, pod) => {
    const manifest = baseline(BaselineOptionsSchema.parse({}));
    const [kprobe] = manifest.spec.kprobes;
    if (kprobe === undefined) throw new Error('no hook');
    const event = changed(eventOf(manifest, kprobe), { process: { binary: '/bin/x', pod } });
    const { service, container } = await one(event);
    expect([service, container]).toEqual([undefined, undefined]);
  });

  test('a pod of another service than the policy names is not believed', async () => {
    const shared = blockOf(
      apiServer,
      'security_capset',
      { 0: '1000' },
      {
        options: { layout: 'shared' },
        pod: {
          ...POD,
          workload: '../x',
          workload_kind: 'Deployment',
          pod_labels: { 'app.kubernetes.io/name': 'a b' },
        },
      },
    );
    const { service, remedies, notes } = await one(shared);
    expect(service).toBeUndefined();
    expect(remedies).toMatchObject([{ words: 'Add NET_ADMIN to the capabilities.' }]);
    expect(remedies[0]?.decision).toBeUndefined();
    expect(notes.at(-1)).toMatch(/Cedar was not asked/);
  });

  test('anything at all as an event is answered, and never with a failure of ours', async () => {
    const fields = fc.dictionary(
      fc.constantFrom('process', 'args', 'policy_name', 'message', 'tags', 'function_name', 'pod', 'parent'),
      fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(WGET.process_kprobe.process)),
    );
    await fc.assert(
      fc.asyncProperty(fields, async (change) => {
        const response = await postJson('/explain', changed(WGET, change));
        expect([200, 400]).toContain(response.status);
        await response.body?.cancel();
      }),
      { numRuns: 100 },
    );
  });
});
