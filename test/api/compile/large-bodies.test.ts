import { gzipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { bundleText } from '../../support/bundles.ts';
import { compilation, postYaml, problem, publish, send, yamlText } from '../../support/worker.ts';

beforeAll(async () => {
  await publish('permit (principal, action, resource);');
});

describe('a bundle of 16 MiB with 1,000 workloads', () => {
  const text = bundleText(LIMITS.workloadBytes, LIMITS.services);

  test('is compiled, whole and compressed', async () => {
    expect(text.length).toBeGreaterThan(0.95 * LIMITS.workloadBytes);
    const { services, manifests, notices } = await compilation(
      await send('/compile', {
        method: 'POST',
        body: gzipSync(new TextEncoder().encode(text)),
        headers: { 'content-type': 'application/yaml', 'content-encoding': 'gzip' },
      }),
    );
    expect(services).toHaveLength(LIMITS.services);
    expect(manifests.length).toBeGreaterThan(LIMITS.services);
    const whole = notices.filter(({ service }) => service === '');
    expect(whole.map(({ code, message }) => `${code} ${message.slice(0, 20)}`)).toEqual([
      expect.stringMatching(/^PassedThrough \d+ objects of apiex/),
      expect.stringMatching(/^PassedThrough \d+ objects of v1 Co/),
      expect.stringMatching(/^PolicyBudget /),
    ]);
    // Where the first definition stands, after all workloads.
    const before = text.slice(0, text.indexOf('apiVersion: apiextensions'));
    expect(whole[0]?.line).toBe(before.split('\n').length);
  });

  test('is answered as a stream', async () => {
    const lines = (await yamlText(await postYaml('/compile?output=ndjson', text))).trimEnd().split('\n');
    expect(lines).toHaveLength(LIMITS.services + 2);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'end', services: LIMITS.services });
  });

  test('is authorized', async () => {
    expect((await postYaml('/authorize', text)).status).toBe(200);
  });
});

test('1,001 workloads are too many', async () => {
  const { faults } = await problem(
    await postYaml('/authorize', bundleText(0, LIMITS.services + 1)),
    'invalid-request',
  );
  expect(faults?.map(({ message }) => message)).toEqual([
    'At most 1000 services are taken at once; there are 1001.',
  ]);
});

test('an answer of more policies than are held at once is refused, unless it is streamed', async () => {
  const perWorkload = 8;
  const count = Math.floor(LIMITS.manifests / perWorkload);
  const path = '/compile?scope=container';
  const { manifests } = await compilation(await postYaml(path, bundleText(0, count)));
  expect(manifests).toHaveLength(count * perWorkload);
  const more = bundleText(0, count + 1);
  const { faults } = await problem(await postYaml(path, more), 'invalid-request');
  expect(faults?.[0]?.message).toMatch(/^At most 5000 policies are answered at once/);
  expect((await postYaml(`${path}&output=ndjson`, more)).status).toBe(200);
  expect((await postYaml(`${path}&layout=merged`, more)).status).toBe(200);
});
