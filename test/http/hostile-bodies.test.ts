import { describe, expect, test } from 'vitest';
import apiServer from '../../examples/api-server.yaml?raw';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { app, service } from '../support/services.ts';
import { postJson, postYaml, problem, publish, send } from '../support/worker.ts';

const MEBIBYTE = LIMITS.bodyBytes;

/** Fills a body up to the limit with repetitions of a text. */
function fill(unit: string, prefix = '', suffix = ''): string {
  return prefix + unit.repeat(Math.floor((MEBIBYTE - prefix.length - suffix.length) / unit.length)) + suffix;
}

/** Each must end in a problem, in time: the test's own timeout is the bound, and a hang fails it. */
describe('hostile bodies', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghij'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(', ')}]`),
  ].join('\n');
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: ${index}`)
    .join('\n')
    .slice(0, MEBIBYTE);
  test.each([
    ['an anchor bomb', bomb],
    ['anchors that refer to themselves', 'a: &a {b: *a}'],
    ['tabs', 'a:\n\t- b'],
    ['duplicate keys', 'a: 1\na: 1'],
    ['a prototype key', '__proto__: {polluted: true}'],
    ['a prototype key through an alias', 'k: &k __proto__\n*k : {polluted: true}'],
    ['deep flow sequences', fill('[')],
    ['deep flow mappings', fill('{a: ')],
    ['deep block sequences', fill('- ')],
    ['deep explicit keys', fill('? ')],
    ['deep indentation', Array.from({ length: 1_000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')],
    ['stray brackets', fill(']')],
    ['empty strings side by side', fill('""')],
    ['empty strings on lines of their own', fill('""\n')],
    ['directives', fill('%a\n')],
    ['aliases', fill('*a ')],
    ['tags', fill('!a ')],
    ['anchors', fill('&a ')],
    ['an unclosed quote', fill('x', '"')],
    ['an unclosed block', fill('x\n', 'a: |\n')],
    ['an unknown tag', 'a: !!js/function "x"'],
    ['a directive of the future', '%YAML 9.9\n---\na: 1'],
    ['control characters', 'a: \u0001'],
    ['nothing', ''],
    ['only comments', fill('# x\n')],
    ['only blank lines', fill('\n')],
    ['only separators', fill('---\n')],
    ['as many keys as fit', keys],
    ['as many items as fit', fill('- x\n')],
    ['as many flow items as fit', fill('1,', '[', ']')],
    ['one long plain scalar', fill('x ')],
    ['one long plain scalar over lines', fill('x\n')],
  ])('YAML: %s', async (_, body) => {
    const response = await postYaml('/compile', body);
    expect([400, 422]).toContain(response.status);
    await problem(response, response.status === 400 ? 'malformed-body' : 'invalid-request');
    expect({}).not.toHaveProperty('polluted');
    // As a part of a form, and as a text in an envelope.
    for (const name of ['workloads', 'images']) {
      const form = new FormData();
      form.set('workloads', apiServer);
      form.set(name, body);
      const answer = await send('/compile', { method: 'POST', body: form });
      // There may be no images; then only a policy set is missing.
      expect(name === 'images' ? [400, 404, 422] : [400, 422]).toContain(answer.status);
    }
    const { status } = await postJson('/compile', { workloads: body });
    expect([413, 422]).toContain(status);
    expect({}).not.toHaveProperty('polluted');
  });

  test.each([
    ['nothing', ''],
    ['a broken object', '{"a":'],
    ['deep arrays', fill('[')],
    ['deep objects', fill('{"a":')],
    ['duplicate keys', '{"kind": "a", "kind": "b"}'],
    ['a prototype key', '{"__proto__": {"polluted": true}}'],
    ['as many items as fit', fill('1,', '[', '1]')],
    ['a number without end', fill('1')],
    ['a string without end', fill('a', '"')],
    ['null', 'null'],
    ['a list of lists', fill('[],', '[', '[]]')],
  ])('JSON: %s', async (_, body) => {
    const response = await send('/compile', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect([400, 422]).toContain(response.status);
    await problem(response, response.status === 400 ? 'malformed-body' : 'invalid-request');
    expect({}).not.toHaveProperty('polluted');
  });

  test('wrong fields by the thousand, each of which has a place', async () => {
    const labels = Array.from({ length: 30_000 }, (_, index) => `    l${index}: "a b"`).join('\n');
    const text = apiServer.replace(
      '  namespace: production\n',
      `  namespace: production\n  labels:\n${labels}\n`,
    );
    const { faults } = await problem(await postYaml('/compile', text), 'invalid-request');
    expect(faults).toHaveLength(100);
    expect(faults?.[99]).toMatchObject({ pointer: '/metadata/labels/l99', line: 106 });
  });

  test('anchors that make many containers of few', async () => {
    const spec = `spec: &s {workload: {containers: {${Array.from({ length: 100 }, (_, index) => `c${index}: {command: [/a]}`).join(', ')}}}}`;
    const head = (index: number) =>
      `apiVersion: lattice.dev/v1alpha1, kind: LatticeService, metadata: {name: s${index}, namespace: a}`;
    const items = Array.from(
      { length: 41 },
      (_, index) => `- {${head(index)}, ${index === 0 ? spec : 'spec: *s'}}`,
    );
    const { faults } = await problem(
      await postYaml('/compile?scope=container', `apiVersion: v1\nkind: List\nitems:\n${items.join('\n')}`),
      'invalid-request',
    );
    expect(faults?.map(({ message }) => message)).toEqual([
      'At most 4000 containers are taken at once; there are 4100.',
    ]);
  });

  test('more overrides than are decided at once', async () => {
    await publish('permit (principal, action, resource);');
    const binaries = Array.from({ length: 1_000 }, (_, index) => `/b${index}`);
    const containers = Array.from({ length: 11 }, (_, index) => ({
      ...app({ allowedBinaries: binaries }),
      name: `c${index}`,
    }));
    const { faults } = await problem(await postJson('/compile', service(containers)), 'invalid-request');
    expect(faults?.map(({ message }) => message)).toEqual([
      'At most 10000 overrides are decided at once; there are 11000.',
    ]);
  });

  test.each([
    ['/authorize', { principal: { namespace: 'a', name: 'b' }, overrides: Array(90_000).fill(1) }],
    ['/baseline', { excludedNamespaces: Array(90_000).fill(1) }],
  ])('%s is told of more faults than zod can gather', async (path, value) => {
    await problem(await postJson(path, value), 'invalid-request');
  });

  test('invalid UTF-8', async () => {
    const body = new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]);
    await problem(
      await send('/compile', { method: 'POST', body, headers: { 'content-type': 'application/yaml' } }),
      'malformed-body',
    );
  });

  test('16 MiB are read; one byte more is not, declared or streamed', async () => {
    await publish('permit (principal, action, resource);');
    const head = `${apiServer}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: `;
    const full = head + '#'.repeat(LIMITS.workloadBytes - head.length);
    expect((await postYaml('/compile', full)).status).toBe(200);
    await problem(await postYaml('/compile', `${full}#`), 'body-too-large');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        const chunk = new TextEncoder().encode('#'.repeat(1_048_576));
        for (let index = 0; index < 17; index += 1) controller.enqueue(chunk);
        controller.close();
      },
    });
    await problem(
      await send('/compile', {
        method: 'POST',
        body: stream,
        headers: { 'content-type': 'application/yaml' },
      }),
      'body-too-large',
    );
  });

  test('more faults than an answer lists are counted', async () => {
    const { detail, faults } = await problem(
      await postJson('/compile', service([app({ allowedBinaries: Array(500).fill('x') })])),
      'invalid-request',
    );
    expect(detail).toBe('500 faults were found. The first 100 are listed.');
    expect(faults).toHaveLength(100);
  });

  test.each(['/compile', '/authorize', '/baseline'])('%s takes none of them', async (path) => {
    for (const body of [fill('['), fill('- '), 'a: 1\na: 2', 'a:\n\t- b']) {
      expect((await postYaml(path, body)).status).toBe(400);
    }
  });
});
