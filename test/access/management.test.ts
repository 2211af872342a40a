import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import accessPolicies from '../../policies/management/access.cedar?raw';
import accessTests from '../../policies/management/tests.yaml?raw';
import { CreatedApiKeySchema } from '../../src/access/key-schemas.ts';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { checkDraft } from '../../src/policy-sets/gates.ts';
import { readCedarText } from '../../src/policy-sets/read-policies.ts';
import { PolicySetRegistry } from '../../src/policy-sets/registry.ts';
import { VersionRequestSchema } from '../../src/policy-sets/version-schemas.ts';
import { json, workerWith } from '../support/management.ts';
import {
  create,
  permit,
  point,
  published,
  publishText,
  registry,
  standing,
  write,
} from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { type Issuer, makeIssuer } from '../support/tokens.ts';
import { problem, send } from '../support/worker.ts';

const services = service([app({ readOnlyRootFilesystem: true })]);

describe('the policies that come with Tracewright', () => {
  const { policies, terms, faults } = readCedarText(accessPolicies);
  const draft = VersionRequestSchema.parse({ policies, tests: parse(accessTests) });

  test('pass the gates of the set management, their tests among them', async () => {
    const report = await checkDraft('management', draft, { terms, faults }, new CedarMemory());
    expect(report).toMatchObject({ faults: [], warnings: [] });
    expect(report.tests.passed).toBe(draft.tests.length);
  });

  test('without any one of them a test fails', async () => {
    const unmissed: string[] = [];
    for (const id of Object.keys(policies)) {
      const { [id]: _, ...others } = policies;
      const report = await checkDraft(
        'management',
        { ...draft, policies: others },
        { terms, faults: [] },
        new CedarMemory(),
      );
      if (report.faults.length === 0) unmissed.push(id);
    }
    expect(unmissed).toEqual([]);
  });
});

describe('the set management', () => {
  let issuer: Issuer;
  let request: ReturnType<typeof workerWith>;
  let rescue: ReturnType<typeof workerWith>;

  beforeAll(async () => {
    issuer = await makeIssuer('https://ci.example.org');
    const OIDC_ISSUERS = JSON.stringify([issuer.setting]);
    request = workerWith({ OIDC_ISSUERS });
    rescue = workerWith({ OIDC_ISSUERS, MANAGEMENT_POLICIES: 'built-in' });
    await create('management');
    await create('shop');
    await publishText('shop', permit('a'));
    await point('shop', 1);
  });

  /** Publishes and activates, by a Worker that the set cannot lock out. */
  async function activate(text: string): Promise<void> {
    const version = await published(
      await rescue('/policy-sets/management/versions', {
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'if-match': '*' },
        body: text,
      }),
    );
    const answer = await rescue(
      '/policy-sets/management/aliases/active',
      json('PUT', { version: version.version }),
    );
    expect(answer.status).toBe(200);
  }

  const ADMINS =
    '@id("admins") permit (principal, action, resource) when { principal.scopes.contains("admin") };';

  beforeEach(() => activate(ADMINS));

  test('decides once it is active: a pipeline by its repository and branch', async () => {
    const token = (more: object) => issuer.sign({ repository: 'acme/shop', ref: 'refs/heads/main', ...more });
    const compile = async (more: object) =>
      request('/compile?policySet=shop', json('POST', services), await token(more));
    await problem(await compile({}), 'forbidden');
    await activate(`${ADMINS}
@id("shop-main")
permit (principal, action == Tracewright::Action::"compile", resource == Tracewright::Namespace::"shop")
when { principal.issuer == "https://ci.example.org" && principal has repository &&
  principal.repository == "acme/shop" && principal has ref && principal.ref == "refs/heads/main" &&
  resource in Tracewright::PolicySet::"shop" && context.reference == "active" };`);
    expect((await compile({})).status).toBe(200);
    await problem(await compile({ ref: 'refs/heads/feature' }), 'forbidden');
    await problem(await compile({ repository: 'evil/shop' }), 'forbidden');
    await problem(await compile({ repository: undefined }), 'forbidden');
    const elsewhere = { ...services, metadata: { name: 'web', namespace: 'other' } };
    await problem(
      await request('/compile?policySet=shop', json('POST', elsewhere), await token({})),
      'forbidden',
    );
  });

  test('a policy that fails to evaluate permits nothing', async () => {
    await activate(`${ADMINS}
@id("failing") forbid (principal, action == Tracewright::Action::"read", resource)
when { principal.subject like "repo:*" && 9223372036854775807 + 1 > 0 };
@id("all") permit (principal, action == Tracewright::Action::"read", resource);`);
    const { permission } = await problem(await request('/policy-sets', {}, await issuer.sign()), 'forbidden');
    expect(permission?.reason).toBe('PolicyError');
  });

  test('its mistakes can be mended: MANAGEMENT_POLICIES leads back to those built in', async () => {
    await activate('@id("nobody") forbid (principal, action, resource);');
    await problem(await request('/policy-sets'), 'forbidden');
    expect((await rescue('/policy-sets')).status).toBe(200);
  });

  test('archived, it lets nobody in', async () => {
    expect((await rescue('/policy-sets/management/archive', json('POST', {}))).status).toBe(200);
    const { detail } = await problem(await request('/policy-sets'), 'policy-set-unavailable');
    expect(detail).toContain('archived');
    expect((await rescue('/policy-sets/management/restore', json('POST', {}))).status).toBe(200);
    expect((await request('/policy-sets')).status).toBe(200);
  });

  test.each([
    ['a policy about workloads', { policies: { a: permit('a') } }, 'schema'],
    [
      'a test about a workload',
      {
        policies: { a: 'permit (principal, action, resource);' },
        tests: [
          {
            name: 'x',
            principal: { namespace: 'a', name: 'b' },
            overrides: ['privileged'],
            expect: { decision: 'allow' },
          },
        ],
      },
      'tests',
    ],
    [
      'a test that does not hold',
      {
        policies: { a: 'forbid (principal, action, resource);' },
        tests: [{ name: 'x', caller: { kind: 'oidc' }, action: 'read', expect: { decision: 'allow' } }],
      },
      'tests',
    ],
    [
      'an entity of no type that it knows',
      {
        policies: { a: 'permit (principal, action, resource);' },
        entities: [{ uid: { type: 'Lattice::Namespace', id: 'x' } }],
      },
      'entities',
    ],
  ])('takes no %s', async (_, version, gate) => {
    const answer = await write('POST', '/policy-sets/management/versions:check', version);
    expect((await problem(answer, 'version-rejected')).faults?.[0]?.gate).toBe(gate);
  });

  test('takes groups of callers', async () => {
    const answer = await write('POST', '/policy-sets/management/versions:check', {
      policies: {
        a: 'permit (principal in Tracewright::Group::"platform", action, resource);',
      },
      entities: [
        {
          uid: { type: 'Tracewright::Caller', id: 'https://ci.example.org#ada' },
          parents: [{ type: 'Tracewright::Group', id: 'platform' }],
        },
      ],
      tests: [
        {
          name: 'ada',
          caller: { kind: 'oidc', issuer: 'https://ci.example.org', subject: 'ada' },
          action: 'publish',
          expect: { decision: 'allow', policies: ['a'] },
        },
        {
          name: 'others',
          caller: { kind: 'oidc', issuer: 'https://evil.example', subject: 'ada' },
          action: 'publish',
          expect: { decision: 'deny' },
        },
      ],
    });
    expect(`${answer.status} ${answer.status === 200 ? '' : await answer.text()}`).toBe('200 ');
  });

  test.each(['/compile?policySet=management', '/authorize?policySet=management'])(
    '%s: it says nothing about workloads',
    async (path) => {
      await activate(`${ADMINS} @id("all") permit (principal, action, resource);`);
      await problem(await send(path, json('POST', services)), 'invalid-request');
    },
  );
});

describe('two people', () => {
  let issuer: Issuer;
  let request: ReturnType<typeof workerWith>;
  let tokens: readonly string[] = [];
  const name = 'two-people';

  beforeAll(async () => {
    issuer = await makeIssuer('https://people.example.org');
    request = workerWith({ OIDC_ISSUERS: JSON.stringify([issuer.setting]) });
    tokens = await Promise.all(['ada', 'ben'].map((sub) => issuer.sign({ sub })));
    await create(name);
    await write('POST', '/policy-sets', { name: 'management' });
    const text = '@id("all") permit (principal, action, resource);';
    const { version } = await published(await publishText('management', text));
    await point('management', version);
  });

  test('whoever publishes and activates is in the history, each by their own name', async () => {
    const [ada = '', ben = ''] = tokens;
    const body = json('POST', { policies: { a: permit('a') } });
    expect((await request(`/policy-sets/${name}/versions`, body, ada)).status).toBe(201);
    const pointed = await request(`/policy-sets/${name}/aliases/active`, json('PUT', { version: 1 }), ben);
    expect(pointed.status).toBe(200);
    const history = JSON.stringify(await (await send(`/policy-sets/${name}/history`)).json());
    expect(history).toContain('"by":"https://people.example.org#ada"');
    expect(history).toContain('"by":"https://people.example.org#ben"');
    expect((await standing(name)).aliases[0]?.version).toBe(1);
  });

  test("an Idempotency-Key is its caller's own", async () => {
    const [ada = '', ben = ''] = tokens;
    const send = (token: string) =>
      request(
        `/policy-sets/${name}/versions`,
        json('POST', { policies: { b: permit('b') } }, { 'idempotency-key': 'same' }),
        token,
      );
    expect((await send(ada)).status).toBe(201);
    // Not ada's answer again: the same content is the version that there is.
    expect((await send(ben)).status).toBe(200);
  });
});

describe('TWO_PERSON_RULE', () => {
  const name = 'rule';

  /** The namespace of registries whose objects run with this setting, on their real storage. */
  function registries(rule: string) {
    const within = async <T>(set: string, use: (each: PolicySetRegistry) => T | Promise<T>): Promise<T> =>
      runInDurableObject(registry(set), async (_, state) =>
        use(new PolicySetRegistry(state, { ...env, TWO_PERSON_RULE: rule })),
      );
    return {
      idFromName: (set: string) => set,
      get: (set: string) => ({
        begin: (...args: Parameters<PolicySetRegistry['begin']>) =>
          within(set, (each) => each.begin(...args)),
        write: (...args: Parameters<PolicySetRegistry['write']>) =>
          within(set, (each) => each.write(...args)),
        find: (...args: Parameters<PolicySetRegistry['find']>) => within(set, (each) => each.find(...args)),
        read: () => within(set, (each) => each.read()),
      }),
    };
  }

  let issuer: Issuer;
  const request = (rule: string) =>
    workerWith({
      POLICY_SET_REGISTRY: registries(rule),
      OIDC_ISSUERS: JSON.stringify([issuer.setting]),
      MANAGEMENT_POLICIES: 'stored',
    });

  beforeAll(async () => {
    issuer = await makeIssuer('https://rule.example.org', { personClaim: 'actor_id' });
    await create(name);
    await write('POST', '/policy-sets', { name: 'management' });
    const all = '@id("all") permit (principal, action, resource);';
    const { version } = await published(await publishText('management', all));
    await point('management', version);
  });

  const token = (person: string, sub: string) => issuer.sign({ sub, actor_id: person });
  const publishAs = async (person: string, sub: string, policy: string) =>
    published(
      await request('on')(
        `/policy-sets/${name}/versions`,
        json('POST', { policies: { [policy]: permit(policy) } }),
        await token(person, sub),
      ),
    );
  const activateAs = async (person: string, sub: string, version: number, rule = 'on', alias = 'active') =>
    request(rule)(
      `/policy-sets/${name}/aliases/${alias}`,
      json('PUT', { version }),
      await token(person, sub),
    );

  test('who published a version does not activate it, by whatever pipeline', async () => {
    const { version } = await publishAs('1', 'repo:a:main', 'one');
    await problem(await activateAs('1', 'repo:a:main', version), 'two-people-required');
    await problem(await activateAs('1', 'repo:a:environment:production', version), 'two-people-required');
    await problem(await activateAs('1', 'repo:a:main', version, 'on', 'staging'), 'two-people-required');
    expect((await standing(name)).aliases).toEqual([]);
    expect((await activateAs('2', 'repo:a:main', version)).status).toBe(200);
    expect((await standing(name)).aliases[0]?.version).toBe(version);
  });

  test('nor by publishing the same again, nor by an alias that leads to it', async () => {
    const { version } = await publishAs('1', 'repo:a:main', 'two');
    expect((await publishAs('2', 'repo:a:main', 'two')).version).toBe(version);
    await problem(await activateAs('1', 'x', version), 'two-people-required');
    expect((await activateAs('2', 'x', version, 'on', 'staging')).status).toBe(200);
    const answer = await request('on')(
      `/policy-sets/${name}/aliases/active`,
      json('PUT', { version: 'staging' }),
      await token('1', 'x'),
    );
    await problem(answer, 'two-people-required');
  });

  test('off, one person may do both', async () => {
    const { version } = await publishAs('1', 'repo:a:main', 'three');
    expect((await activateAs('1', 'repo:a:main', version, 'off')).status).toBe(200);
  });

  test('keys of one owner are one person', async () => {
    const key = async (owner: string) => {
      const answer = await send('/keys', json('POST', { name: 'k', owner, scopes: ['publish', 'activate'] }));
      return CreatedApiKeySchema.parse(await answer.json()).key;
    };
    const body = json('POST', { policies: { four: permit('four') } });
    const one = await request('on')(`/policy-sets/${name}/versions`, body, await key('ada'));
    const { version } = await published(one);
    const activate = async (owner: string) =>
      request('on')(`/policy-sets/${name}/aliases/active`, json('PUT', { version }), await key(owner));
    await problem(await activate('ada'), 'two-people-required');
    expect((await activate('ben')).status).toBe(200);
  });

  test('a value that it does not know stops every write', async () => {
    const refused = await runInDurableObject(registry(name), async (_, state) =>
      new PolicySetRegistry(state, { ...env, TWO_PERSON_RULE: 'yes' }).write(
        name,
        { kind: 'archive', at: '2026-01-01T00:00:00Z', by: 'x', person: { id: 'x', name: '' }, reason: '' },
        { revisions: 'any', idempotency: undefined },
      ),
    );
    expect(refused).toEqual({ kind: 'not-configured' });
  });
});
