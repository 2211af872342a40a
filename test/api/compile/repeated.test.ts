import { beforeAll, describe, expect, test } from 'vitest';
import { CreatedApiKeySchema } from '../../../src/access/key-schemas.ts';
import { json } from '../../support/management.ts';
import { app, service } from '../../support/services.ts';
import { compilation, postJson, postYaml, problem, publish, send, sendAs } from '../../support/worker.ts';

const hardened = service([app({ readOnlyRootFilesystem: true, allowedBinaries: ['/bin/app'] })]);
const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: app:1, command: [/bin/app]}]}
`;

beforeAll(async () => {
  await publish('permit (principal, action, resource);', 'repeated');
});

/** What a body is answered with, of which nothing but the request's own numbers may differ. */
async function answer(query: string, body: unknown = hardened): Promise<string> {
  const response = await postJson(`/compile?policySet=repeated${query}`, body);
  return `${response.status} ${response.headers.get('tracewright-notices')} ${await response.text()}`;
}

describe('a body that was sent before', () => {
  test('is answered as it was, and as it is read anew', async () => {
    const first = await answer('');
    expect(await answer('')).toBe(first);
    // White space makes it another body.
    const anew = await send('/compile?policySet=repeated', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `${JSON.stringify(hardened)} `,
    });
    expect(first.endsWith(await anew.text())).toBe(true);
  });

  test.each([
    'layout=merged',
    'mode=monitor',
    'scope=container',
    'unset=restricted',
    'output=yaml',
    'output=sarif',
    'rootfsMagic=1',
  ])('is answered otherwise with %s, and then again as before', async (option) => {
    const before = await answer('');
    const other = await answer(`&${option}`);
    expect(other).not.toBe(before);
    expect(await answer(`&${option}`)).toBe(other);
    expect(await answer('')).toBe(before);
  });

  test('is of the namespace that is asked for', async () => {
    const compile = async (namespace: string) =>
      (
        await compilation(await postYaml(`/compile?policySet=repeated&namespace=${namespace}`, deployment))
      ).services.map(({ service: id }) => id);
    for (const namespace of ['shop', 'media', 'shop'])
      expect(await compile(namespace)).toEqual([`${namespace}/web`]);
  });

  test('is decided by the version of this moment', async () => {
    await publish('permit (principal, action, resource);', 'moving', {}, 1);
    const compile = () => postJson('/compile?policySet=moving', hardened);
    expect((await compilation(await compile())).policySet.version).toBe(1);
    await publish('forbid (principal, action, resource);', 'moving', {}, 2);
    await problem(await compile(), 'overrides-denied');
    await problem(await compile(), 'overrides-denied');
    await publish('permit (principal, action, resource);', 'moving', { message: 'again' }, 3);
    expect((await compilation(await compile())).policySet.version).toBe(3);
  });

  test('is not for a caller who may not have it', async () => {
    expect(await answer('')).toMatch(/^200 /);
    const made = await send(
      '/keys',
      json('POST', { name: 'other', owner: 'ada', scopes: ['compile'], namespaces: ['media'] }),
    );
    const { key } = CreatedApiKeySchema.parse(await made.json());
    const refused = await sendAs(key, '/compile?policySet=repeated', json('POST', hardened));
    await problem(refused, 'forbidden');
  });
});
