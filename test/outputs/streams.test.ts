import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { compareText } from '../../src/compiler/model/ordered.ts';
import { streamOf } from '../../src/outputs/stream-bytes.ts';
import { type StreamRecord, StreamRecordSchema } from '../../src/outputs/stream-record.ts';
import { checkManifests } from '../support/manifests.ts';
import { app, service } from '../support/services.ts';
import { compilation, postJson, problem, publish, yamlText } from '../support/worker.ts';

/** Services like `shop/web`, each under a name of its own. */
function list(count: number, containers: readonly unknown[]): object {
  const items = Array.from({ length: count }, (_, index) => ({
    ...service(containers),
    metadata: { name: `web-${String(index).padStart(3, '0')}`, namespace: 'shop' },
  }));
  return { apiVersion: 'v1', kind: 'List', items };
}

const hardened = app({
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  allowedBinaries: ['/bin/app', '/bin/sh'],
});

async function records(response: Response): Promise<StreamRecord[]> {
  expect(`${response.status} ${response.headers.get('content-type')}`).toBe('200 application/x-ndjson');
  const lines = (await yamlText(response)).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => StreamRecordSchema.parse(JSON.parse(line)));
}

beforeAll(async () => {
  await publish('permit (principal, action, resource);', 'open');
  await publish('forbid (principal == Lattice::Service::"shop/web-007", action, resource);', 'closed');
});

describe('an answer that is written service by service', () => {
  test.each(['per-policy', 'merged', 'shared'])('says what the whole one does: layout=%s', async (layout) => {
    const body = list(100, [hardened, { ...hardened, name: 'other' }]);
    const path = `/compile?policySet=open&layout=${layout}`;
    const whole = await compilation(await postJson(path, body));
    const [start, ...others] = await records(await postJson(`${path}&output=ndjson`, body));
    const end = others.pop();
    const services = others.filter((record) => record.type === 'service');
    expect(services.length).toBe(others.length);
    expect(start).toMatchObject({ type: 'start', policySet: whole.policySet, services: 100 });
    expect(end).toMatchObject({ type: 'end', services: 100, manifests: whole.manifests.length });
    expect(services.map(({ summary }) => summary)).toEqual(whole.services);
    expect(services.flatMap(({ decisions }) => decisions)).toEqual(whole.decisions);
    const notices = [start, ...others, end].flatMap((record) => record?.notices ?? []);
    expect(notices).toHaveLength(whole.notices.length);
    expect(notices).toEqual(expect.arrayContaining(whole.notices));
    // A policy that services share is told of once, with the first of them.
    const names = (manifests: typeof whole.manifests) =>
      manifests.map((manifest) => JSON.stringify(manifest)).sort(compareText);
    expect(names(services.flatMap(({ manifests }) => manifests))).toEqual(names(whole.manifests));
  });

  test('as YAML it is the same documents, and says at the end that it is complete', async () => {
    const body = list(40, [hardened]);
    const whole = await yamlText(await postJson('/compile?policySet=open&output=yaml', body));
    const response = await postJson('/compile?policySet=open&output=yaml-seq', body);
    expect(response.headers.get('content-type')).toBe('application/yaml-seq');
    const text = await yamlText(response);
    const documents = (yaml: string): unknown[] => parseAllDocuments(yaml).map((each) => each.toJS());
    const manifests = documents(text);
    checkManifests(manifests);
    expect(manifests).toHaveLength(160);
    expect(manifests).toEqual(expect.arrayContaining(documents(whole)));
    expect(text.split('\n').at(-2)).toBe('# Complete: policies 160, services 40.');
    expect(text).toContain('# PolicyBudget: ');
  });

  test('a body without services is complete at once', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    const all = await records(await postJson('/compile?policySet=open&output=ndjson', body));
    expect(all.map(({ type }) => type)).toEqual(['start', 'end']);
    const yaml = await yamlText(await postJson('/compile?policySet=open&output=yaml-seq', body));
    expect(yaml.split('\n').at(-2)).toBe('# Complete: policies 0, services 0.');
  });

  test.each(['ndjson', 'yaml-seq'])(
    'a denial of any service is a problem, and nothing is written: %s',
    async (output) => {
      const answer = await postJson(`/compile?policySet=closed&output=${output}`, list(20, [hardened]));
      const { denials } = await problem(answer, 'overrides-denied');
      expect(denials?.length).toBeGreaterThan(20);
    },
  );

  test('it comes in parts', async () => {
    const response = await postJson('/compile?policySet=open&output=ndjson', list(50, [hardened]));
    let parts = 0;
    for await (const _ of response.body ?? []) parts += 1;
    expect(parts).toBeGreaterThan(1);
  });
});

describe('a stream', () => {
  test('makes a part when it is asked for, and no sooner', async () => {
    let made = 0;
    function* parts(): Generator<string> {
      for (; made < 1_000; made += 1) yield made % 2 === 0 ? `${made}` : '';
    }
    const reader = streamOf(parts(), () => {}).getReader();
    for (let read = 0; read < 3; read += 1) await reader.read();
    expect(made).toBeLessThan(12);
    await reader.cancel();
  });

  test('breaks where a part cannot be made, and says so', async () => {
    const told: unknown[] = [];
    function* parts(): Generator<string> {
      yield 'a';
      throw new Error('a fault');
    }
    const text = new Response(streamOf(parts(), (error) => told.push(error))).text();
    await expect(text).rejects.toThrow('a fault');
    expect(told).toHaveLength(1);
  });
});
