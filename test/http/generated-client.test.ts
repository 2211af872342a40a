import { exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import apiServer from '../../examples/api-server.yaml?raw';
import { createTracewrightClient, type Problem, yaml } from '../../openapi/typescript/index.ts';
import { ADMIN_KEY } from '../support/credentials.ts';
import { publish } from '../support/worker.ts';

const client = createTracewrightClient({
  url: 'http://tracewright.test',
  token: ADMIN_KEY,
  fetch: (request) => exports.default.fetch(request),
});

beforeAll(async () => {
  await publish(
    '@id("binaries") permit (principal, action, resource) when { resource.category == "binary" };',
  );
});

const SERVICE = {
  apiVersion: 'lattice.dev/v1alpha1' as const,
  kind: 'LatticeService' as const,
  metadata: { name: 'web', namespace: 'shop' },
  spec: { workload: { containers: [{ name: 'app', image: 'app:1', command: ['/bin/app'] }] } },
};

describe('the TypeScript client', () => {
  test('compiles, with typed options and answer', async () => {
    const { data, error, response } = await client.POST('/compile', {
      params: { query: { layout: 'merged', mode: 'monitor' } },
      body: SERVICE,
    });
    expect([response.status, error]).toEqual([200, undefined]);
    expectTypeOf(data?.manifests[0]?.kind).toEqualTypeOf<
      'TracingPolicy' | 'TracingPolicyNamespaced' | undefined
    >();
    expect(data?.manifests.map(({ metadata }) => metadata.name)).toEqual(['runtime-enforcement-web']);
  });

  test('takes YAML, and answers it', async () => {
    const { data } = await client.POST('/compile', {
      ...yaml(apiServer),
      params: { query: { output: 'yaml' } },
      parseAs: 'arrayBuffer',
    });
    expect(new TextDecoder().decode(data)).toContain('name: allow-binaries-api-server');
  });

  test('a denial is a typed problem', async () => {
    const denied = { ...SERVICE, spec: { runtime: { hostPID: true }, ...SERVICE.spec } };
    const { data, error } = await client.POST('/compile', { body: denied });
    expect(data).toBeUndefined();
    const problem: Problem | undefined = error;
    expect(problem?.denials?.map(({ override }) => override)).toEqual(['hostPID']);
  });

  test('authorizes, and tells who calls and what signs', async () => {
    const { data } = await client.POST('/authorize', {
      body: {
        principal: { namespace: 'shop', name: 'web' },
        overrides: ['allowedBinary:/bin/sh', 'hostIPC'],
      },
    });
    expect(data?.decisions.map(({ decision }) => decision)).toEqual(['allow', 'deny']);
    const caller = await client.GET('/caller');
    expect(caller.data?.kind).toBe('admin-key');
    const keys = await client.GET('/.well-known/jwks.json');
    expect(keys.data?.keys).toHaveLength(1);
  });
});
