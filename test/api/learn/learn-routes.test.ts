import { gzipSync, strToU8 } from 'fflate';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import examples from '../../../examples/learn/events.ndjson?raw';
import thumbnailer from '../../../examples/learn/thumbnailer.yaml?raw';
import { LearnAnswerSchema } from '../../../src/api/learn/learn-schema.ts';
import { LearnPatchesSchema } from '../../../src/api/learn/patches-schema.ts';
import { ManifestSchema } from '../../../src/compiler/emit/tracing-policy.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { execEvent, type Ran, toLines } from '../../support/cluster-events.ts';
import { nodes } from '../../support/markdown.ts';
import { create, point, published, publishText } from '../../support/policy-sets.ts';
import { policiesOf, postYaml, problem, publish, send, yamlText } from '../../support/worker.ts';

const NONE = '@id("none") permit (principal, action, resource == Lattice::SecurityOverride::"hostIPC");';

beforeEach(async () => {
  await publish(NONE);
});

type Parts = readonly (readonly [
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
  filename?: string,
])[];

/** Posts parts in this order. */
function post(parts: Parts, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const form = new FormData();
  for (const [name, content, filename] of parts) {
    if (typeof content === 'string' && filename === undefined) form.append(name, content);
    else form.append(name, new Blob([content]), filename ?? name);
  }
  return send(`/learn${query}`, { method: 'POST', body: form, headers });
}

async function learnt(parts: Parts, query = ''): Promise<z.output<typeof LearnAnswerSchema>> {
  const response = await post(parts, query);
  const text = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : text}`).toBe('200 ');
  return LearnAnswerSchema.parse(JSON.parse(text));
}

const EXAMPLE: Parts = [
  ['workloads', thumbnailer],
  ['events', examples],
];

describe('POST /learn', () => {
  test('answers the binaries of each container, their classes, and a proposal', async () => {
    const { services, events } = await learnt(EXAMPLE);
    const [container] = services[0]?.containers ?? [];
    expect(
      container?.binaries.map(({ path, status, classes, proposed }) => [
        path,
        status,
        classes.map((each) => each.class),
        proposed,
      ]),
    ).toEqual([
      ['/bin/sh', 'missing', ['shell', 'exec'], false],
      ['/usr/bin/convert', 'missing', [], true],
      ['/usr/bin/curl', 'missing', ['network-tool'], false],
      ['/usr/bin/thumbnailer', 'missing', [], true],
    ]);
    expect(container).toMatchObject({
      pods: 2,
      starts: 2,
      allowedBinaries: ['/usr/bin/convert', '/usr/bin/thumbnailer'],
      added: ['/usr/bin/convert', '/usr/bin/thumbnailer'],
    });
    expect(events).toMatchObject({ lines: 22, exec: 10, exit: 6, kprobe: 6, unread: [], setAside: [] });
  });

  test('answers a verdict for each policy, with what to change', async () => {
    const { services } = await learnt(EXAMPLE, '?monitored=true');
    expect(services[0]?.policies.map(({ policy, verdict }) => [policy, verdict])).toEqual([
      ['allow-binaries', 'not-ready'],
      ['block-rootfs-write', 'not-ready'],
      ['block-setuid', 'ready'],
      ['block-capset', 'ready'],
    ]);
    expect(services[0]?.policies[1]).toMatchObject({
      mounts: [{ container: 'thumbnailer', mountPath: '/var/cache/thumbnailer' }],
      stops: [{ directory: '/var/cache/thumbnailer', count: 6, binaries: ['/usr/bin/convert'] }],
    });
  });

  test('decides about what it proposes, because learnt is not allowed', async () => {
    const denied = await learnt(EXAMPLE);
    expect(denied.decisions.map(({ override, decision }) => [override, decision])).toEqual([
      ['allowedBinary:/usr/bin/convert', 'deny'],
      ['allowedBinary:/usr/bin/thumbnailer', 'deny'],
    ]);
    await publish('@id("all") permit (principal, action, resource);');
    const allowed = await learnt(EXAMPLE);
    expect(allowed.decisions.map(({ decision }) => decision)).toEqual(['allow', 'allow']);
  });

  test('counts what is sent or stored of images', async () => {
    const digest = `sha256:${'5'.repeat(64)}`;
    const config = JSON.stringify({ os: 'linux', config: { Entrypoint: ['/usr/bin/thumbnailer'] } });
    const sent = await learnt([
      EXAMPLE[0] ?? ['', ''],
      ['images', config, 'thumbnailer:3'],
      ...EXAMPLE.slice(1),
    ]);
    const put = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: config };
    expect((await send(`/images/${digest}`, put)).status).toBeLessThan(300);
    const stored = await learnt([
      ['workloads', thumbnailer.replace('thumbnailer:3', `thumbnailer@${digest}`)],
      ...EXAMPLE.slice(1),
    ]);
    for (const { services } of [sent, stored]) {
      const [container] = services[0]?.containers ?? [];
      expect(container?.binaries.find(({ path }) => path === '/usr/bin/thumbnailer')?.status).toBe('listed');
      // The list must hold when the image is not told any more.
      expect(container?.allowedBinaries).toEqual(['/usr/bin/convert', '/usr/bin/thumbnailer']);
    }
  });

  test('takes several files of events, compressed or not, however they are called', async () => {
    const half = examples.split('\n').slice(0, 11).join('\n');
    const rest = examples.split('\n').slice(11).join('\n');
    const both: Parts = [
      ['workloads', thumbnailer, 'thumbnailer.yaml'],
      ['events', gzipSync(strToU8(half)), 'node-1.ndjson.gz'],
      ['events', rest, 'node-2'],
    ];
    const { services, events } = await learnt(both);
    const one = await learnt(EXAMPLE);
    expect(services).toEqual(one.services);
    expect(events.lines).toBe(22);
  });

  test('never answers an argument of a process', async () => {
    for (const output of ['json', 'workloads', 'json-patch', 'permits', 'permit-tests', 'markdown']) {
      const response = await post(EXAMPLE, `?output=${output}`);
      expect(response.status).toBe(200);
      const text = await yamlText(response);
      expect(text).not.toContain('8080');
      expect(text).not.toContain('images.example.com');
    }
  });

  test('counts lines that are no events, and events of others', async () => {
    const events = [
      '{"level":"info","msg":"Starting tetragon"}',
      'no JSON',
      JSON.stringify({ process_loader: {} }),
      'x'.repeat(LIMITS.eventLine + 1),
      toLines([
        execEvent({ binary: '/a', namespace: 'other' }),
        execEvent({ binary: '/a', labels: { app: 'other' } }),
      ]),
      examples,
    ].join('\n');
    const { events: read } = await learnt([
      ['workloads', thumbnailer],
      ['events', events],
    ]);
    expect(read.unread.map(({ reason, count }) => [reason, count])).toEqual([
      ['not-json', 1],
      ['not-an-event', 1],
      ['other-event', 1],
      ['too-long', 1],
    ]);
    expect(read.setAside.map(({ reason, count }) => [reason, count])).toEqual([
      ['other-namespace', 1],
      ['other-pod', 1],
    ]);
  });
});

describe('the outputs of /learn', () => {
  test('the workloads differ in the list alone', async () => {
    const response = await post(EXAMPLE, '?output=workloads');
    expect(response.headers.get('content-type')).toBe('application/yaml');
    const text = await yamlText(response);
    const added = text.split('\n').filter((line) => !thumbnailer.split('\n').includes(line));
    expect(added.join('\n')).toMatch(/allowedBinaries/);
    const { allowedBinaries, ...rest } = securityOf(parse(text));
    expect(allowedBinaries).toEqual(['/usr/bin/convert', '/usr/bin/thumbnailer']);
    expect(rest).toEqual(securityOf(parse(thumbnailer)));
    expect(text).toContain('# It writes its cache somewhere.');
  });

  test('the JSON patch makes the same of the workloads', async () => {
    const response = await post(EXAMPLE, '?output=json-patch');
    expect(LearnPatchesSchema.parse(await response.json())).toEqual({
      patches: [
        {
          document: 0,
          object: '',
          operations: [
            {
              op: 'add',
              path: '/spec/workload/containers/thumbnailer/securityContext/allowedBinaries',
              value: ['/usr/bin/convert', '/usr/bin/thumbnailer'],
            },
          ],
        },
      ],
    });
  });

  test('JSON stays JSON', async () => {
    const response = await post(
      [['workloads', JSON.stringify(parse(thumbnailer), null, 2)], ...EXAMPLE.slice(1)],
      '?output=workloads',
    );
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(securityOf(await response.json())).toMatchObject({
      allowedBinaries: ['/usr/bin/convert', '/usr/bin/thumbnailer'],
    });
  });

  test('Markdown shows verdicts, what is added and what is left out', async () => {
    const response = await post(EXAMPLE, '?output=markdown');
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    const text = await yamlText(response);
    expect(text).toContain('| `allow-binaries` | ❌ not ready |');
    expect(text).toContain('| `thumbnailer` | `/usr/bin/convert` | 6× |');
    expect(text).toContain('`/usr/bin/curl`');
  });

  function securityOf(value: unknown): Record<string, unknown> {
    return z
      .object({
        spec: z.object({
          workload: z.object({
            containers: z.object({
              thumbnailer: z.object({ securityContext: z.record(z.string(), z.unknown()) }),
            }),
          }),
        }),
      })
      .parse(value).spec.workload.containers.thumbnailer.securityContext;
  }
});

test('the whole loop: from a service without a list to one that holds exactly what ran', async () => {
  const set = 'loop';
  await create(set);
  const wildcard =
    '@id("watch") permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:*");';
  await published(await publishText(set, wildcard));
  await point(set, 1);

  // The service is watched in monitor mode.
  const watched = await postYaml(`/compile?policySet=${set}&mode=monitor`, thumbnailer, {
    accept: 'application/yaml',
  });
  const before = manifestsOf(await yamlText(watched));
  expect(before.map(({ metadata }) => metadata.name)).toEqual([
    'block-capset-thumbnailer',
    'block-rootfs-write-thumbnailer',
    'block-setuid-thumbnailer',
  ]);
  expect(before.every(({ spec }) => spec.options?.some(({ value }) => value === 'monitor'))).toBe(true);

  // Its run is learnt, and permits are asked for what it needs.
  const query = `?policySet=${set}&include=network-tool`;
  const patched = await yamlText(await post(EXAMPLE, `${query}&output=workloads`));
  const permits = await yamlText(await post(EXAMPLE, `${query}&output=permits`));
  const tests = z
    .array(z.unknown())
    .parse(parse(await yamlText(await post(EXAMPLE, `${query}&output=permit-tests`))));
  expect(tests).toHaveLength(3);
  expect((await postYaml(`/compile?policySet=${set}`, patched)).status).toBe(403);

  // The platform team publishes them in place of the wildcard, with their tests.
  const body = { policies: policiesOf(permits), tests, message: 'What the thumbnailer runs.' };
  const version = await send(`/policy-sets/${set}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify(body),
  });
  await published(version);
  await point(set, 2);

  // What was left out is not on the list, and nothing is that did not run.
  const enforced = await postYaml(`/compile?policySet=${set}`, patched, { accept: 'application/yaml' });
  expect(enforced.status).toBe(200);
  const allow = manifestsOf(await yamlText(enforced)).find(
    ({ metadata }) => metadata.name === 'allow-binaries-thumbnailer',
  );
  const [, listed] = allow?.spec.kprobes[0]?.selectors ?? [];
  expect(listed?.matchArgs?.[0]?.values).toEqual([
    '/usr/bin/convert',
    '/usr/bin/curl',
    '/usr/bin/thumbnailer',
  ]);

  // Learning again finds nothing to add: only the shell of kubectl exec is told apart.
  const again = await learnt(
    [
      ['workloads', patched],
      ['events', examples],
    ],
    `?policySet=${set}`,
  );
  const [container] = again.services[0]?.containers ?? [];
  expect(container?.allowedBinaries).toBeUndefined();
  expect(container?.binaries.filter(({ status }) => status === 'missing').map(({ path }) => path)).toEqual([
    '/bin/sh',
  ]);
  expect(again.services[0]?.policies[0]).toMatchObject({ policy: 'allow-binaries', verdict: 'ready' });
});

describe('a body that cannot be learnt from', () => {
  test.each<[string, Parts, number, RegExp]>([
    ['has no events', [['workloads', thumbnailer]], 422, /no part events/],
    ['has no workloads', [['events', examples]], 422, /workloads/],
    [
      'has its workloads behind the events',
      [
        ['events', examples],
        ['workloads', thumbnailer],
      ],
      422,
      /before the events/,
    ],
    ['has images behind the events', [...EXAMPLE, ['images', '{}']], 422, /before the events/],
    [
      'has another part',
      [
        ['workload', thumbnailer],
        ['events', examples],
      ],
      422,
      /workloads, images, events/,
    ],
    [
      'has no event at all',
      [
        ['workloads', thumbnailer],
        ['events', 'Blocked\nBlocked\n'],
      ],
      422,
      /None of the 2 lines/,
    ],
    [
      'has empty events',
      [
        ['workloads', thumbnailer],
        ['events', ''],
      ],
      422,
      /None of the 0 lines/,
    ],
    [
      'has events that are damaged',
      [
        ['workloads', thumbnailer],
        ['events', gzipSync(strToU8(examples)).slice(0, 99)],
      ],
      400,
      /cut off/,
    ],
    [
      'has workloads that are none',
      [
        ['workloads', 'kind: ConfigMap'],
        ['events', examples],
      ],
      422,
      /./,
    ],
    [
      'has workloads that are no YAML',
      [
        ['workloads', 'a: [b'],
        ['events', examples],
      ],
      400,
      /./,
    ],
  ])('%s', async (_, parts, status, message) => {
    const response = await post(parts);
    const text = await response.clone().text();
    await problem(response, status === 400 ? 'malformed-body' : 'invalid-request');
    expect(text).toMatch(message);
  });

  test('is no form', async () => {
    const response = await postYaml('/learn', thumbnailer);
    expect(response.headers.get('accept')).toBe('multipart/form-data');
    expect((await problem(response, 'unsupported-media-type')).detail).toContain('curl -F');
  });

  test.each([
    '?include=shells',
    '?minHours=-1',
    '?minPods=0',
    '?minPods=x',
    '?monitored=perhaps',
    '?output=yaml',
    '?mode=monitor',
  ])('has the query %s', async (query) => {
    await problem(await post(EXAMPLE, query), 'invalid-request');
  });

  test('has more events than one request may have', async () => {
    const line = `${toLines([execEvent({ binary: '/a' })])}`;
    const bytes = gzipSync(strToU8(line.repeat(Math.ceil((LIMITS.eventBytes + 1) / line.length))));
    const response = await post([
      ['workloads', thumbnailer],
      ['events', bytes],
    ]);
    expect((await problem(response, 'body-too-large')).detail).toContain('expanded');
  });
});

describe('who may learn', () => {
  async function keyFor(namespaces: readonly string[], scopes = ['compile']): Promise<string> {
    const response = await send('/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'CI', owner: 'ada@example.org', scopes, namespaces }),
    });
    return z.object({ key: z.string() }).parse(await response.json()).key;
  }

  test('a key that is confined to the namespace of the workloads', async () => {
    const authorization = `Bearer ${await keyFor(['shop'])}`;
    expect((await post(EXAMPLE, '', { authorization })).status).toBe(200);
  });

  test('but no other key, and it learns nothing', async () => {
    const authorization = `Bearer ${await keyFor(['ops'])}`;
    const response = await post(EXAMPLE, '', { authorization });
    expect(await response.clone().text()).not.toContain('convert');
    await problem(response, 'forbidden');
  });

  test('nor one that is made for something else', async () => {
    const authorization = `Bearer ${await keyFor(['shop'], ['authorize'])}`;
    await problem(await post(EXAMPLE, '', { authorization }), 'forbidden');
  });

  test('and nobody learns of a namespace by sending events of it', async () => {
    const secret = execEvent({
      binary: '/usr/bin/secret',
      namespace: 'ops',
      pod: 'vault-0',
      container: 'vault',
    });
    const authorization = `Bearer ${await keyFor(['shop'])}`;
    const response = await post(
      [
        ['workloads', thumbnailer],
        ['events', `${examples}${toLines([secret])}`],
      ],
      '',
      { authorization },
    );
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).not.toMatch(/secret|vault/);
    expect(text).toContain('"reason":"other-namespace"');
  });
});

/** The HTML that we write into Markdown ourselves. */
const OWN_MARKUP = [
  '<!-- tracewright learn -->',
  '<details><summary>Permits to ask the platform team for</summary>',
  '</details>',
];

describe('hostile events', () => {
  const AT: Omit<Ran, 'binary'> = {
    namespace: 'shop',
    container: 'thumbnailer',
    labels: { 'app.kubernetes.io/name': 'thumbnailer' },
    from: 'tree',
  };
  const names = [
    '/usr/bin/[click](https://evil.example)',
    '/usr/bin/`id`|x',
    '/usr/bin/<img src=x onerror=alert(1)>',
    '/usr/bin/@everyone',
    '/usr/bin/\u001b[2Jclear',
    '/usr/bin/\u202egpj.exe',
    '/usr/bin/a\nb: |',
    '/usr/bin/"quoted" #comment',
    '/usr/bin/\ud800',
    '/usr/bin/%s{{.}}',
    `/usr/bin/${'x'.repeat(5_000)}`,
  ];
  const events = toLines([
    ...names.map((binary) => execEvent({ ...AT, binary })),
    execEvent({ ...AT, binary: '/usr/bin/ok', pod: '../../evil\u001b', process: { cwd: '\u202e' } }),
  ]);
  const parts: Parts = [
    ['workloads', thumbnailer],
    ['events', events],
  ];

  test('cannot write anything into the answer that is not text', async () => {
    for (const output of ['json', 'workloads', 'json-patch', 'permits', 'permit-tests', 'markdown']) {
      const response = await post(parts, `?output=${output}`);
      const text = await yamlText(response);
      expect(`${response.status} ${output}`).toBe(`200 ${output}`);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(text, output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
      if (output === 'markdown') expect(markupOf(text)).toEqual(OWN_MARKUP);
    }
  });

  test('cannot have a name proposed that a reviewer could not read', async () => {
    const { services } = await learnt(parts);
    const proposed = services[0]?.containers[0]?.added ?? [];
    expect(proposed).toContain('/usr/bin/ok');
    expect(proposed).not.toContain('/usr/bin/\u202egpj.exe');
    // What is proposed reads as it was meant, whatever quotes it needs.
    const text = await yamlText(await post(parts, '?output=workloads'));
    expect(parseAllDocuments(text)).toHaveLength(1);
    for (const name of proposed) expect(name).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });

  test('cannot make a permit of anything but what it names', async () => {
    const text = await yamlText(await post(parts, '?output=permits'));
    const version = await send('/policy-sets/hostile', { method: 'GET' });
    expect(version.status).toBe(404);
    await create('hostile');
    await published(await publishText('hostile', text));
  });
});

/** What of a Markdown text is more than text in tables and lists: links, images, and HTML, which is told as it is. */
function markupOf(text: string): string[] {
  return nodes(text).flatMap(({ type, value = '' }) => {
    if (type === 'html') return [value];
    return /^(link|image|footnote)/.test(type) ? [type] : [];
  });
}

function manifestsOf(text: string): z.output<typeof ManifestSchema>[] {
  return parseAllDocuments(text)
    .map((document) => ManifestSchema.parse(document.toJS()))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
