import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ImpactSchema } from '../../src/api/policy-sets/impact.ts';
import { DecisionSchema } from '../../src/http/decision-schema.ts';
import { running } from '../support/kubernetes.ts';
import { create, publishText, write } from '../support/policy-sets.ts';
import { compilation, policiesOf, postJson, problem, publish } from '../support/worker.ts';

const READERS =
  'permit (principal, action, resource) when { resource.category == "volume" && resource has path && resource.path like "/var/log*" && resource has readOnly && resource.readOnly };';

/** A Deployment that mounts a directory of the node. */
function mounting(path: string, readOnly: boolean): Readonly<Record<string, unknown>> {
  const volumeMounts = [{ name: 'node', mountPath: '/node', readOnly }];
  return running({ command: ['/a'], volumeMounts }, { volumes: [{ name: 'node', hostPath: { path } }] });
}

const Answer = z.looseObject({ decision: z.string(), decisions: z.array(DecisionSchema) });
async function decisionOf(body: unknown, set = 'readers'): Promise<z.output<typeof DecisionSchema>> {
  const response = await postJson(`/authorize?policySet=${set}`, body);
  expect(response.status).toBe(200);
  const [decision, ...others] = Answer.parse(await response.json()).decisions;
  if (decision === undefined) throw new Error('nothing was decided');
  expect(others).toEqual([]);
  return decision;
}

beforeAll(async () => {
  await publish(READERS, 'readers');
});

describe('a policy speaks of a path and of reading', () => {
  test.each([
    ['/var/log', true, 'allow'],
    ['/var/log/pods', true, 'allow'],
    ['//var/./log/', true, 'allow'],
    ['/var/log', false, 'deny'],
    ['/var', true, 'deny'],
    ['/', true, 'deny'],
  ])('%s, read-only %s: %s', async (path, readOnly, decision) => {
    const found = await decisionOf(mounting(path, readOnly));
    expect(found).toMatchObject({ category: 'volume', readOnly, decision });
    expect(found).not.toHaveProperty('container');
    const answer = await postJson('/compile?policySet=readers', mounting(path, readOnly));
    if (decision === 'allow') await compilation(answer);
    else expect((await problem(answer, 'overrides-denied')).denials).toMatchObject([{ readOnly }]);
  });

  test('the same path is decided by how each workload mounts it', async () => {
    const named = (name: string, readOnly: boolean) => ({
      ...mounting('/var/log', readOnly),
      metadata: { name, namespace: 'shop' },
    });
    const response = await postJson('/authorize?policySet=readers', {
      apiVersion: 'v1',
      kind: 'List',
      items: [named('a', true), named('b', false), named('c', true)],
    });
    const { decisions } = Answer.parse(await response.json());
    expect(decisions.map(({ service, decision }) => `${service} ${decision}`)).toEqual([
      'shop/a allow',
      'shop/b deny',
      'shop/c allow',
    ]);
  });

  test('a denial says so, and the suggested permit keeps it', async () => {
    const { suggestedPermit = '' } = await decisionOf(mounting('/etc/cni', true));
    expect(suggestedPermit).toContain('resource has readOnly && resource.readOnly');
    await publish(suggestedPermit, 'suggested');
    expect(await decisionOf(mounting('/etc/cni', true), 'suggested')).toMatchObject({ decision: 'allow' });
    expect(await decisionOf(mounting('/etc/cni', false), 'suggested')).toMatchObject({ decision: 'deny' });
  });
});

describe('a path that is asked about without a workload', () => {
  const principal = { namespace: 'shop', name: 'web' };

  test.each([
    ['hostPath:/var/log', false],
    [{ id: 'hostPath:/var/log' }, false],
    [{ id: 'hostPath:/var/log', readOnly: false }, false],
    [{ id: 'hostPath:/var/log', readOnly: true }, true],
  ])('%j', async (override, readOnly) => {
    const decision = readOnly ? 'allow' : 'deny';
    expect(await decisionOf({ principal, overrides: [override] })).toMatchObject({ readOnly, decision });
  });

  test('no other override is read-only', async () => {
    const overrides = [{ id: 'hostPort:80', readOnly: true }];
    const { faults } = await problem(
      await postJson('/authorize?policySet=readers', { principal, overrides }),
      'invalid-request',
    );
    expect(faults).toMatchObject([
      { pointer: '/overrides/0', message: 'Only an override hostPath:<path> is readOnly or not.' },
    ]);
    expect(await decisionOf({ principal, overrides: ['hostPort:80'] })).not.toHaveProperty('readOnly');
  });

  test('so say the test cases of a version', async () => {
    await create('tested');
    const expected = (readOnly: boolean, decision: string) => ({
      name: `read-only ${readOnly}: ${decision}`,
      principal,
      overrides: [{ id: 'hostPath:/var/log', readOnly }],
      expect: { decision },
    });
    const check = (tests: object[]) =>
      write('POST', '/policy-sets/tested/versions:check', { policies: policiesOf(READERS), tests });
    expect((await check([expected(true, 'allow'), expected(false, 'deny')])).status).toBe(200);
    const { faults } = await problem(await check([expected(false, 'allow')]), 'version-rejected');
    expect(faults?.map(({ message }) => message)).toEqual([expect.stringContaining('is denied')]);
  });
});

test('the impact of a version tells reading from writing', async () => {
  await create('impact');
  await publishText(
    'impact',
    `@id("all") ${READERS.replace('&& resource has readOnly && resource.readOnly }', '}')}`,
  );
  await publishText('impact', `@id("all") ${READERS}`);
  const impact = async (body: unknown) =>
    ImpactSchema.parse(
      await (await postJson('/policy-sets/impact/versions/2/impact?against=1', body)).json(),
    );
  expect(await impact(mounting('/var/log', true))).toMatchObject({ newDenials: 0, changes: [] });
  expect(await impact(mounting('/var/log', false))).toMatchObject({
    newDenials: 1,
    changes: [{ override: 'hostPath:/var/log', readOnly: false }],
  });
});

test('a pod that writes is not taken for one that its owner only reads with', async () => {
  await publish('permit (principal, action, resource) when { resource.category == "binary" };', 'owners');
  const owner = (readOnly: boolean) => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'shop' },
    spec: z.looseObject({ spec: z.unknown() }).parse(mounting('/var/log', readOnly)).spec,
  });
  const template = z
    .looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: z.unknown() }) }) })
    .parse(mounting('/var/log', false)).spec.template;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      labels: { app: 'web' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web', controller: true }],
    },
    spec: template.spec,
  };
  const services = async (readOnly: boolean) => {
    const items = [owner(readOnly), pod];
    const response = await postJson('/authorize?policySet=owners', { apiVersion: 'v1', kind: 'List', items });
    return Answer.parse(await response.json()).decisions.map(({ service }) => service);
  };
  expect(await services(false)).toEqual(['shop/web']);
  expect(await services(true)).toEqual(['shop/web', 'shop/web-1']);
});

test('the webhook lets no mount that was read-only become writable, though both are denied', async () => {
  await publish('permit (principal, action, resource) when { resource.category == "binary" };', 'shut');
  const update = async (before: boolean, after: boolean) => {
    const response = await postJson('/admission?policySet=shut', {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
        operation: 'UPDATE',
        namespace: 'shop',
        userInfo: { username: 'ada', groups: [] },
        dryRun: false,
        object: mounting('/var/log', after),
        oldObject: mounting('/var/log', before),
      },
    });
    const answer = z.looseObject({ response: z.looseObject({ allowed: z.boolean() }) });
    return answer.parse(await response.json()).response.allowed;
  };
  expect(await update(true, true)).toBe(true);
  expect(await update(false, true)).toBe(false);
  expect(await update(true, false)).toBe(false);
});
