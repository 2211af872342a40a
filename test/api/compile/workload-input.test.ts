import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { app, service } from '../../support/services.ts';
import { compilation, postJson, postYaml, problem, publish, send, yamlText } from '../../support/worker.ts';

beforeAll(() => publish('permit (principal, action, resource) when { resource.category == "binary" };'));

const SERVICE = service([app()]);
const OTHER = { ...SERVICE, metadata: { name: 'api', namespace: 'shop' } };
const DENIED = service([app()], { runtime: { hostPID: true } });
const CONFIG = { architecture: 'amd64', os: 'linux', config: { Entrypoint: ['/bin/app'] } };
const WRONG = { architecture: 'amd64', os: 'linux', config: { Entrypoint: '/bin/app' } };

/** A form with these parts, each a text or a file. */
function formOf(...parts: readonly (readonly [name: string, value: string | File])[]): FormData {
  const form = new FormData();
  for (const [name, value] of parts) form.append(name, value);
  return form;
}

const file = (text: string, name: string, type = 'application/octet-stream'): File =>
  new File([text], name, { type });

const post = (path: string, body: FormData): Promise<Response> => send(path, { method: 'POST', body });

describe('workloads in a form', () => {
  const json = JSON.stringify(SERVICE);
  const yaml = stringify(SERVICE);

  test.each<[string, string | File]>([
    ['a plain field of JSON', json],
    ['a plain field of YAML', yaml],
    ['a file of YAML, as curl sends it', file(yaml, 'deploy.yaml')],
    ['a file of JSON, as curl sends it', file(json, 'deploy.json')],
    ['a file of neither name', file(yaml, 'deploy')],
    ['a text file', file(yaml, 'deploy.txt', 'text/plain')],
    ['a part that says that it is JSON', file(json, 'deploy.yaml', 'application/json')],
    ['a part that says that it is YAML', file(yaml, 'deploy', 'application/yaml')],
    ['a stream of documents', `${yaml}---\n${stringify(OTHER)}`],
  ])('%s', async (_, part) => {
    const { services } = await compilation(await post('/compile', formOf(['workloads', part])));
    expect(services.map(({ service }) => service)).toContain('shop/web');
  });

  test('places are those within the part', async () => {
    const text = stringify(DENIED);
    const line = text.split('\n').findIndex((each) => each.includes('hostPID')) + 1;
    const { denials } = await problem(
      await post('/compile', formOf(['images', '{}'], ['workloads', text])),
      'overrides-denied',
    );
    expect(denials?.[0]).toMatchObject({ document: 0, pointer: '/spec/runtime/hostPID', line });
  });

  test('faults of images name their part, and documents are counted through all of them', async () => {
    const form = formOf(
      ['images', JSON.stringify({ 'app:1': CONFIG })],
      ['workloads', `${yaml}---\n${stringify({ ...OTHER, spec: 1 })}`],
      ['images', `\n${JSON.stringify({ 'app:2': WRONG })}`],
    );
    const { faults } = await problem(await post('/compile', form), 'invalid-request');
    expect(faults).toEqual([
      {
        message: expect.stringMatching(/^Part 3 of the body \("images"\): Expected a list of words/),
        document: 3,
        pointer: '/app:2/config/Entrypoint',
        line: 2,
        column: expect.any(Number),
      },
      expect.objectContaining({ document: 1, pointer: '/spec' }),
    ]);
  });

  test('a part that cannot be parsed is named', async () => {
    const { faults } = await problem(
      await post('/compile', formOf(['workloads', yaml], ['images', '{"a": '])),
      'malformed-body',
    );
    expect(faults?.[0]).toMatchObject({ message: expect.stringMatching(/^Part 2 of the body/), line: 1 });
    await problem(await post('/compile', formOf(['workloads', file('{', 'deploy.json')])), 'malformed-body');
  });

  test.each<[string, FormData, string, RegExp]>([
    ['no workloads', formOf(['images', '{}']), 'invalid-request', /no part workloads/],
    [
      'workloads twice',
      formOf(['workloads', yaml], ['workloads', yaml]),
      'invalid-request',
      /more than once/,
    ],
    ['another part', formOf(['workloads', yaml], ['events', '']), 'invalid-request', /workloads, images/],
    ['no workload', formOf(['workloads', '']), 'invalid-request', /no service/],
    [
      'one config without a name',
      formOf(['workloads', yaml], ['images', JSON.stringify(CONFIG)]),
      'invalid-request',
      /not of which/,
    ],
    [
      'one config with the name of a file',
      formOf(['workloads', yaml], ['images', file(JSON.stringify(CONFIG), 'app.json')]),
      'invalid-request',
      /not of which/,
    ],
  ])('%s is refused', async (_, form, code, message) => {
    const { faults } = await problem(
      await post('/compile', form),
      code === 'invalid-request' ? code : 'malformed-body',
    );
    expect(faults?.map((fault) => fault.message).join()).toMatch(message);
  });

  test('a part of another type is refused', async () => {
    const { detail } = await problem(
      await post('/compile', formOf(['workloads', file(yaml, 'a.html', 'text/html')])),
      'unsupported-media-type',
    );
    expect(detail).toContain('Part 1 of the body ("workloads") is of the type text/html.');
  });

  test('one config alone, whose file name is the reference', async () => {
    const form = formOf(['workloads', yaml], ['images', file(JSON.stringify(CONFIG), 'app:1')]);
    await compilation(await post('/compile', form));
  });

  test('a form has images of 2 MiB and workloads of 16 MiB, and not one byte more', async () => {
    const config = (name: string, fill: number) =>
      ['images', file(`${JSON.stringify({ 'app:1': CONFIG })}${' '.repeat(fill)}`, name)] as const;
    const overhead = JSON.stringify({ 'app:1': CONFIG }).length;
    const head = `${yaml}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: `;
    const padded = (length: number) => head + 'x'.repeat(length - head.length);
    const of = (workloads: number, images: number) =>
      formOf(
        ['workloads', padded(workloads)],
        config('a', LIMITS.bodyBytes - overhead),
        config('b', LIMITS.bodyBytes / 2 - overhead),
        config('c', images - 1.5 * LIMITS.bodyBytes - overhead),
      );
    await compilation(await post('/compile', of(LIMITS.workloadBytes, LIMITS.imageBytes)));
    const { detail } = await problem(
      await post('/compile', of(head.length, LIMITS.imageBytes + 1)),
      'body-too-large',
    );
    expect(detail).toContain('Part 4 of the body ("images") is too much');
    await problem(await post('/compile', of(LIMITS.workloadBytes + 1, LIMITS.imageBytes)), 'body-too-large');
  });

  test('a form has a limit of its own', async () => {
    const form = formOf(['workloads', yaml]);
    const { body, headers } = new Response(form);
    const padding = new Uint8Array(LIMITS.formBytes);
    const whole = new Blob([new Uint8Array(await new Response(body).arrayBuffer()), padding]);
    await problem(
      await send('/compile', {
        method: 'POST',
        body: whole,
        headers: { 'content-type': headers.get('content-type') ?? '' },
      }),
      'body-too-large',
    );
  });

  test('/krm, /admission and others take no form', async () => {
    for (const path of ['/krm', '/admission', '/baseline', '/keys'])
      await problem(await post(path, formOf(['workloads', yaml])), 'unsupported-media-type');
  });
});

describe('workloads in an envelope', () => {
  test.each<[string, unknown]>([
    ['one object', SERVICE],
    ['a list of objects', [SERVICE, OTHER]],
    ['a List', { apiVersion: 'v1', kind: 'List', items: [SERVICE] }],
    ['a text of JSON', JSON.stringify(SERVICE)],
    ['a text of YAML documents', `${stringify(SERVICE)}---\n${stringify(OTHER)}`],
  ])('%s, as JSON and as YAML', async (_, workloads) => {
    const envelope = { workloads, images: { 'app:1': CONFIG } };
    const asJson = await compilation(await postJson('/compile', envelope));
    expect(asJson.services.map(({ service }) => service)).toContain('shop/web');
    const asYaml = await compilation(await postYaml('/compile', stringify(envelope)));
    expect(asYaml.manifests).toEqual(asJson.manifests);
    const { decision } = await (await postJson('/authorize', envelope)).json<{ decision: string }>();
    expect(decision).toBe('allow');
  });

  test('places are those of the envelope', async () => {
    const text = stringify({ images: {}, workloads: [SERVICE, { ...DENIED, metadata: OTHER.metadata }] });
    const line = text.split('\n').findIndex((each) => each.includes('hostPID')) + 1;
    for (const path of ['/compile?output=json', '/authorize']) {
      const response = await postYaml(path, text);
      const [denial] =
        response.status === 200
          ? (await response.json<{ decisions: unknown[] }>()).decisions
          : ((await problem(response, 'overrides-denied')).denials ?? []);
      expect(denial).toMatchObject({ document: 0, pointer: '/workloads/1/spec/runtime/hostPID', line });
    }
  });

  test('what stands in a text has the place of the text, and faults tell the line within', async () => {
    const text = `${stringify(SERVICE)}---\n${stringify({ ...OTHER, spec: { workload: 1 } })}`;
    const { faults } = await problem(await postJson('/compile', { workloads: text }), 'invalid-request');
    expect(faults?.[0]).toMatchObject({ document: 1, pointer: '/workloads', line: 1, column: 14 });
    expect(faults?.[0]?.message).toMatch(/\(Line \d+, column \d+ of the text\.\)$/);
    const { denials } = await problem(
      await postJson('/compile', { workloads: stringify(DENIED) }),
      'overrides-denied',
    );
    expect(denials?.[0]).toMatchObject({ document: 0, pointer: '/workloads', line: 1 });
  });

  test('a stream tells the decisions about each workload of a text', async () => {
    const items = [SERVICE, OTHER].map((each) => ({
      ...each,
      spec: service([app({ allowedBinaries: ['/bin/x'] })]).spec,
    }));
    const text = `${stringify({ apiVersion: 'v1', kind: 'List', items })}`;
    const lines = (await yamlText(await postJson('/compile?output=ndjson', { workloads: text })))
      .trim()
      .split('\n')
      .map((line): { type: string; decisions?: unknown[] } => JSON.parse(line));
    const counts = lines.filter(({ type }) => type === 'service').map(({ decisions }) => decisions?.length);
    expect(counts).toEqual([1, 1]);
  });

  test.each<[string, unknown, string, RegExp]>([
    ['another key', { workloads: SERVICE, image: {} }, '/image', /Did you mean images\?/],
    ['no workloads in it', { workloads: null }, '/workloads', /Expected a workload/],
    ['an empty list', { workloads: [] }, '/workloads', /Expected a workload/],
    ['a number', { workloads: 1 }, '/workloads', /Expected a workload/],
    ['a list of numbers', { workloads: [1] }, '/workloads/0', /apiVersion and kind/],
    ['an empty text', { workloads: '# nothing' }, '/workloads', /Expected a workload/],
    ['a text that is no YAML', { workloads: 'a: [' }, '/workloads', /of the text/],
    ['an envelope within', { workloads: { workloads: SERVICE } }, '/workloads', /apiVersion and kind/],
    ['images that are no images', { workloads: SERVICE, images: 1 }, '/images', /config of an image/],
    [
      'a wrong config',
      { workloads: SERVICE, images: { 'app:1': WRONG } },
      '/images/app:1/config/Entrypoint',
      /list of words/,
    ],
  ])('%s is refused', async (_, envelope, pointer, message) => {
    const { faults } = await problem(await postJson('/compile', envelope), 'invalid-request');
    expect(faults?.[0]).toMatchObject({ pointer, message: expect.stringMatching(message) });
  });

  test('all faults are told at once', async () => {
    const envelope = { workloads: [service([app({ runAsRoot: 1 })])], images: { 'app:1': WRONG }, more: 1 };
    const { faults } = await problem(await postJson('/compile', envelope), 'invalid-request');
    expect(faults?.map(({ pointer }) => pointer)).toEqual([
      '/more',
      '/images/app:1/config/Entrypoint',
      expect.stringMatching(/^\/workloads\/0\//),
    ]);
  });

  test('a Kubernetes object with a field workloads is none, and nor are two documents', async () => {
    const object = { ...SERVICE, workloads: 'of no concern' };
    expect((await compilation(await postJson('/compile', object))).services).toHaveLength(1);
    // A workload there is read by nobody.
    const hidden = await problem(
      await postJson('/compile', { ...SERVICE, workloads: OTHER }),
      'invalid-request',
    );
    expect(hidden.faults?.[0]?.pointer).toMatch(/^\/workloads/);
    const text = `${stringify({ workloads: SERVICE })}---\n${stringify(OTHER)}`;
    const { faults } = await problem(await postYaml('/compile', text), 'invalid-request');
    expect(faults?.[0]?.message).toContain('with apiVersion and kind');
  });

  test('no bare question of /authorize stands in one', async () => {
    const question = { principal: { namespace: 'shop', name: 'web' }, overrides: ['hostPID'] };
    expect((await postJson('/authorize', question)).status).toBe(200);
    expect((await post('/authorize', formOf(['workloads', JSON.stringify(question)]))).status).toBe(200);
    for (const envelope of [
      { workloads: question },
      { workloads: JSON.stringify(question) },
      { workloads: SERVICE, ...question },
    ])
      await problem(await postJson('/authorize', envelope), 'invalid-request');
  });

  test('/krm, /admission and impacts take none', async () => {
    const envelope = { workloads: SERVICE };
    for (const path of ['/krm', '/admission', '/policy-sets/default/versions/1/impact'])
      await problem(await postJson(path, envelope), 'invalid-request');
  });
});
