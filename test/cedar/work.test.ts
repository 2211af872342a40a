import { beforeAll, describe, expect, test } from 'vitest';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { weighOverrides } from '../../src/cedar/decide-overrides.ts';
import { basisOf } from '../../src/cedar/slicing/basis.ts';
import { TooMuchWork, Work } from '../../src/cedar/work.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { VersionContentSchema } from '../../src/policy-sets/version-schemas.ts';
import { create, point, published, write } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { compilation, postJson, problem, publish } from '../support/worker.ts';

/** Policies by id. */
const many = (count: number, policy: (index: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, policy(index)]));

/** No comparison finds these by a request: each override must be looked at by all of them. */
const anywhere = (index: number): string =>
  `permit(principal,action,resource)when{resource has path&&resource.path like"/a${index}/*"};`;

const asks = (count: number, path = (index: number) => `/x/${index}`) => ({
  principal: { namespace: 'shop', name: 'web' },
  overrides: Array.from({ length: count }, (_, index) => `allowedBinary:${path(index)}`),
});

/** Publishes a version and makes it the active one. */
async function activate(name: string, content: object, alias = 'active'): Promise<void> {
  const { version } = await published(await write('POST', `/policy-sets/${name}/versions`, content));
  await point(name, version, alias);
}

const UID = (type: string, id: string) => ({ type: `Lattice::${type}`, id });

describe('one override times thousands of policies that no comparison finds', () => {
  const name = 'anywhere';
  beforeAll(async () => {
    await create(name);
    await activate(name, { policies: many(10_000, anywhere) });
  }, 120_000);

  test('is decided while it is a hundred of them', async () => {
    const answer = await postJson(`/authorize?policySet=${name}`, asks(100));
    expect(answer.status).toBe(200);
  }, 60_000);

  test('is refused, soon and clearly, when it is five thousand', async () => {
    const start = performance.now();
    const { faults } = await problem(
      await postJson(`/authorize?policySet=${name}`, asks(5_000)),
      'invalid-request',
    );
    expect(faults?.[0]?.message).toMatch(
      /^Version 1 of the policy set anywhere takes too long .*principal ==/,
    );
    expect(performance.now() - start).toBeLessThan(20_000);
  }, 60_000);

  test('is refused to a compilation, a KRM function and an impact too', async () => {
    const web = (index: number) => ({
      ...service([app({ allowedBinaries: Array.from({ length: 900 }, (_, each) => `/x/${index}/${each}`) })]),
      metadata: { name: `web-${index}`, namespace: 'shop' },
    });
    const items = [web(1), web(2)];
    const list = { apiVersion: 'v1', kind: 'List', items };
    for (const [path, body] of [
      [`/compile?policySet=${name}`, list],
      [`/krm?policySet=${name}`, { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items }],
      [`/policy-sets/${name}/versions/1/impact`, list],
    ] as const) {
      const { faults } = await problem(await postJson(path, body), 'invalid-request');
      expect(faults?.[0]?.message).toContain('takes too long to decide this');
    }
  }, 120_000);

  test('by two versions counts both: so does an activation that asks what it would deny', async () => {
    const content = { policies: many(5_000, anywhere), message: 'half as many' };
    const { version } = await published(await write('POST', `/policy-sets/${name}/versions`, content));
    const web = service([app({ allowedBinaries: Array.from({ length: 300 }, (_, each) => `/x/${each}`) })]);
    // By this version alone it is not too much.
    expect((await postJson(`/compile?policySet=${name}&version=${version}`, web)).status).toBe(403);
    await problem(await postJson(`/policy-sets/${name}/versions/${version}/impact`, web), 'invalid-request');
    await write('PUT', `/policy-sets/${name}/corpus`, web);
    await problem(
      await write('PUT', `/policy-sets/${name}/aliases/active`, { version, requireNoNewDenials: true }),
      'invalid-request',
    );
  }, 120_000);
});

test('the tests of a version times its policies are refused at the gate, and not run', async () => {
  await create('tested');
  const tests = Array.from({ length: LIMITS.tests }, (_, index) => ({
    name: `t${index}`,
    ...asks(80, (each) => `/${index}/${each}`),
    expect: { decision: 'deny' },
  }));
  const body = { policies: many(10_000, anywhere), tests };
  const start = performance.now();
  const { faults } = await problem(
    await write('POST', '/policy-sets/tested/versions:check', body),
    'version-rejected',
  );
  expect(faults).toHaveLength(1);
  expect(faults?.[0]).toMatchObject({ gate: 'tests', pointer: expect.stringMatching(/^\/tests\/\d+$/) });
  expect(faults?.[0]?.message).toMatch(/is one too many for this version's policies/);
  expect(performance.now() - start).toBeLessThan(30_000);
}, 60_000);

test('an organisation of ten thousand policies has a hundred services with five hundred overrides compiled', async () => {
  await create('organisation');
  const policies = many(9_900, (index) => {
    const namespace = `team-${index % 300}`;
    return index % 2 === 0
      ? `permit(principal in Lattice::Namespace::"${namespace}",action,resource)when{resource has path&&resource.path like"/opt/${index}/*"};`
      : `permit(principal,action,resource==Lattice::SecurityOverride::"allowedBinary:/bin/${index % 500}")when{principal.namespace=="${namespace}"};`;
  });
  for (let index = 0; index < 60; index += 1)
    policies[`guard-${index}`] =
      `forbid(principal,action,resource)when{resource.category=="capability"&&principal.name like"guarded-${index}-*"};`;
  policies.all = 'permit(principal,action,resource)when{resource has path&&resource.path like"/srv/*"};';
  await activate('organisation', { policies });
  const items = Array.from({ length: 100 }, (_, index) => ({
    ...service([app({ allowedBinaries: Array.from({ length: 5 }, (_, each) => `/srv/${index}/${each}`) })]),
    metadata: { name: `web-${index}`, namespace: `team-${index}` },
  }));
  const answer = await compilation(
    await postJson('/compile?policySet=organisation', { apiVersion: 'v1', kind: 'List', items }),
  );
  expect(answer.decisions).toHaveLength(500);
}, 120_000);

/** Publishes a version with entities of types that Lattice does not have, as a set's own schema would let it. */
async function withEntities(name: string, text: string, entities: readonly object[]): Promise<void> {
  const plain = entities.map((entity) => ({ attrs: {}, parents: [], tags: {}, ...entity }));
  await publish(text, name, { entities: VersionContentSchema.shape.entities.parse(plain) });
}

test('entities above a workload, times its overrides, are bounded', async () => {
  const parents = Array.from({ length: 9_000 }, (_, index) => UID('Team', `t${index}`));
  await withEntities(
    'parents',
    'permit(principal in Lattice::Team::"t5",action,resource)when{resource has path&&resource.path like"/x/*"};',
    [{ uid: UID('Namespace', 'shop'), parents }, ...parents.map((uid) => ({ uid }))],
  );
  expect((await postJson('/authorize?policySet=parents', asks(20))).status).toBe(200);
  const { faults } = await problem(
    await postJson('/authorize?policySet=parents', asks(1_000)),
    'invalid-request',
  );
  expect(faults?.[0]?.message).toContain('takes too long');
}, 120_000);

test('entities above an override, which no policy asks for, are bounded times the overrides', async () => {
  const groups = Array.from({ length: 1_000 }, (_, index) => UID('Group', `g${index}`));
  const overrides = Array.from({ length: 1_000 }, (_, index) => ({
    uid: UID('SecurityOverride', `allowedBinary:/x/${index}`),
    parents: [UID('Group', 'g0')],
  }));
  const hub = { uid: UID('Group', 'g0'), parents: groups.slice(1) };
  await withEntities(
    'hub',
    'permit(principal,action,resource)when{resource.override_id like"allowedBinary:/x*"};',
    [hub, ...overrides, ...groups.slice(1).map((uid) => ({ uid }))],
  );
  expect((await postJson('/authorize?policySet=hub', asks(20))).status).toBe(200);
  await problem(await postJson('/authorize?policySet=hub', asks(1_000)), 'invalid-request');
}, 120_000);

test('an entity that is large, times the overrides of those that see it, is bounded', async () => {
  const attrs = { list: Array.from({ length: 60_000 }, (_, index) => `item-${index}`) };
  await withEntities(
    'large-entity',
    'permit(principal,action,resource)when{resource has path&&resource.path like"/x/*"&&principal in Lattice::Team::"t"};',
    [{ uid: UID('Namespace', 'shop'), attrs }],
  );
  expect((await postJson('/authorize?policySet=large-entity', asks(20))).status).toBe(200);
  await problem(await postJson('/authorize?policySet=large-entity', asks(1_000)), 'invalid-request');
}, 120_000);

test('policies that decide, times the decisions that tell of them, are bounded', async () => {
  await create('chorus');
  const reason = 'x'.repeat(150);
  const policies = many(
    2_000,
    (index) => `@id("p${index}")@reason("${reason}")permit(principal,action,resource);`,
  );
  await activate('chorus', { policies });
  expect((await postJson('/authorize?policySet=chorus', asks(10))).status).toBe(200);
  const { faults } = await problem(
    await postJson('/authorize?policySet=chorus', asks(100)),
    'invalid-request',
  );
  expect(faults?.[0]?.message).toContain('The policies that decide');
}, 120_000);

describe('what is decided without Cedar, times the overrides, is bounded', () => {
  const alternatives = Array.from({ length: 12 }, (_, index) =>
    index % 2 === 0 ? `principal.name=="x${index}"` : `principal.namespace=="y${index}"`,
  );
  const cases: [string, (index: number) => string][] = [
    ['the tests of policies', () => `permit(principal,action,resource)when{${alternatives.join('||')}};`],
    [
      'the places of the index',
      (index) =>
        `permit(principal,action,resource)when{principal.name!="x${index}"&&resource has path&&resource.path like"/z${index}*"};`,
    ],
  ];
  test.each(cases)('%s', async (_, policy) => {
    const basis = basisOf(new CedarMemory(), many(600, policy));
    const override = {
      id: 'allowedBinary:/bin/sh',
      category: 'binary',
      container: 'app',
      image: 'app:1',
      implicit: false,
    } as const;
    const principal = { namespace: 'shop', name: 'web', kind: 'deployment', labels: {} };
    const weigh = (count: number) => {
      const overrides = Array.from({ length: count }, () => override);
      return weighOverrides(basis, { principal, overrides }, new Work(70_000));
    };
    await expect(weigh(40)).resolves.toBeUndefined();
    await expect(weigh(400)).rejects.toThrow(TooMuchWork);
  });
});

describe('work', () => {
  test('is counted once where it is done once', () => {
    const work = new Work(100);
    for (let times = 0; times < 1_000; times += 1) work.prepare('a', { parts: 10, patterns: 0 });
    expect(() => work.prepare('b', { parts: 100, patterns: 0 })).toThrow(TooMuchWork);
  });

  test('of excluding policies by a pattern is counted once for a text', () => {
    const work = new Work(1_000);
    for (let times = 0; times < 100; times += 1) work.exclude('a', new Map([[0, 100]]));
    expect(() => work.exclude('a', new Map([[1, 200]]))).toThrow(TooMuchWork);
    expect(() => new Work(100).match(10_000, 4)).not.toThrow();
    expect(() => new Work(100).match(10_000, 4_000)).toThrow(TooMuchWork);
  });

  test('of patterns is their length times that of the longest text', () => {
    const texts = () => ({ characters: 0, longest: 4_000, ancestors: 0 });
    expect(() => new Work(100).evaluate('a', { parts: 1, patterns: 10 }, texts)).not.toThrow();
    expect(() => new Work(100).evaluate('a', { parts: 1, patterns: 100 }, texts)).toThrow(TooMuchWork);
  });
});
