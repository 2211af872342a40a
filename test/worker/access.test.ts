import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { CreatedApiKeySchema } from '../../src/access/api-keys.ts';
import { json, workerWith } from '../support/management.ts';
import { create, permit, point, publishText } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { type Issuer, makeIssuer } from '../support/tokens.ts';
import { problem, send } from '../support/worker.ts';

const ROLES = [
  'none',
  'wrong audience',
  'expired',
  'revoked',
  'reader',
  'compiler',
  'publisher',
  'activator',
  'admin',
] as const;
type Role = (typeof ROLES)[number];

/** Who is let in. The four without good credentials are never, but for what is public. */
type Allowed = 'everybody' | 'every caller' | readonly Role[];

/** A request that succeeds for whoever may send it; `name` is a set of this request's own. */
interface Row {
  readonly allowed: Allowed;
  readonly request: (
    name: string,
    key: string,
    role: string,
  ) => { readonly path: string; readonly init?: RequestInit };
  /** What the answer is, when it is not 200. */
  readonly status?: number;
}

const services = service([app({ readOnlyRootFilesystem: true })]);
/** An attestation of nothing in particular. */
let envelope: unknown;
beforeAll(async () => {
  await create('attested');
  await publishText('attested', permit('a'));
  await point('attested', 1);
  const response = await send('/compile?policySet=attested&attest=true', json('POST', services));
  envelope = JSON.parse(new TextDecoder().decode(await response.arrayBuffer()));
});

const VERSION = { policies: { b: permit('b') } };

/** Every operation of the OpenAPI document, by its id. */
const TABLE: Readonly<Record<string, Row>> = {
  getHealth: { allowed: 'everybody', request: () => ({ path: '/healthz' }) },
  getReadiness: { allowed: 'everybody', request: () => ({ path: '/readyz' }) },
  getOpenApiDocument: { allowed: 'everybody', request: () => ({ path: '/openapi.json' }) },
  getCaller: { allowed: 'every caller', request: () => ({ path: '/caller' }) },
  getBaseline: { allowed: 'every caller', request: () => ({ path: '/baseline' }) },
  buildBaseline: { allowed: 'every caller', request: () => ({ path: '/baseline', init: json('POST', {}) }) },
  compileServices: {
    allowed: ['compiler', 'admin'],
    request: (name) => ({ path: `/compile?policySet=${name}`, init: json('POST', services) }),
  },
  authorizeOverrides: {
    allowed: ['compiler', 'admin'],
    request: (name) => ({ path: `/authorize?policySet=${name}`, init: json('POST', services) }),
  },
  listPolicySets: { allowed: ['reader', 'admin'], request: () => ({ path: '/policy-sets' }) },
  createPolicySet: {
    allowed: ['publisher', 'admin'],
    status: 201,
    request: (name, _, role) => ({
      path: '/policy-sets',
      init: json('POST', { name: `${name}-${role}` }),
    }),
  },
  getPolicySet: { allowed: ['reader', 'admin'], request: (name) => ({ path: `/policy-sets/${name}` }) },
  archivePolicySet: {
    allowed: ['activator', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/archive`, init: json('POST', {}) }),
  },
  restorePolicySet: {
    allowed: ['activator', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/restore`, init: json('POST', {}) }),
  },
  listPolicySetHistory: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/history` }),
  },
  listVersions: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/versions` }),
  },
  publishVersion: {
    allowed: ['publisher', 'admin'],
    status: 201,
    request: (name, _, role) => ({
      path: `/policy-sets/${name}/versions`,
      init: json('POST', { policies: { role: permit('role', `/bin/${role}`) } }),
    }),
  },
  checkVersion: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/versions:check`, init: json('POST', VERSION) }),
  },
  getVersion: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/versions/1` }),
  },
  diffVersions: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/versions/1/diff/active` }),
  },
  assessVersionImpact: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/versions/1/impact`, init: json('POST', services) }),
  },
  getPolicySetAlias: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/aliases/active` }),
  },
  setPolicySetAlias: {
    allowed: ['activator', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/aliases/staging`, init: json('PUT', { version: 1 }) }),
  },
  getPolicySetCorpus: {
    allowed: ['reader', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/corpus` }),
  },
  setPolicySetCorpus: {
    allowed: ['publisher', 'admin'],
    request: (name) => ({ path: `/policy-sets/${name}/corpus`, init: json('PUT', services) }),
  },
  runKrmFunction: {
    allowed: ['compiler', 'admin'],
    request: (name) => ({
      path: `/krm?policySet=${name}`,
      init: json('POST', { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [services] }),
    }),
  },
  reviewAdmission: {
    allowed: ['compiler', 'admin'],
    request: (name) => ({
      path: `/admission?policySet=${name}`,
      init: json('POST', {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        request: { uid: 'u', operation: 'CREATE', namespace: 'shop', object: services },
      }),
    }),
  },
  getSigningKeys: { allowed: 'everybody', request: () => ({ path: '/.well-known/jwks.json' }) },
  verifyAttestation: {
    allowed: 'every caller',
    request: () => ({ path: '/verify', init: json('POST', envelope) }),
  },
  listApiKeys: { allowed: ['admin'], request: () => ({ path: '/keys' }) },
  createApiKey: {
    allowed: ['admin'],
    status: 201,
    request: () => ({
      path: '/keys',
      init: json('POST', { name: 'new', owner: 'ada', scopes: ['read'] }),
    }),
  },
  getApiKey: { allowed: ['admin'], request: (_, key) => ({ path: `/keys/${key}` }) },
  revokeApiKey: {
    allowed: ['admin'],
    request: (_, key) => ({ path: `/keys/${key}`, init: { method: 'DELETE' } }),
  },
};

/** Makes a key with the admin's. */
async function makeKey(scopes: readonly string[], more: object = {}): Promise<{ id: string; key: string }> {
  const answer = await send('/keys', json('POST', { name: 'test', owner: 'ada', scopes, ...more }));
  const text = await answer.text();
  expect(`${answer.status} ${text}`).toMatch(/^201 /);
  return CreatedApiKeySchema.parse(JSON.parse(text));
}

const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ operationId: z.string(), security: z.array(z.unknown()) })),
  ),
});
const operations = Object.values(Document.parse(openapi).paths).flatMap((methods) => Object.values(methods));

test('the table has a row for each operation of the OpenAPI document, and no other', () => {
  expect(Object.keys(TABLE).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
});

test('the document says which operations are public', () => {
  const isPublic = operations.filter(({ security }) => security.length === 0).map((each) => each.operationId);
  expect(isPublic.sort()).toEqual(
    Object.entries(TABLE)
      .flatMap(([id, { allowed }]) => (allowed === 'everybody' ? [id] : []))
      .sort(),
  );
});

describe.each(Object.entries(TABLE))('%s', (operationId, row) => {
  let issuer: Issuer;
  let name = '';
  let key = '';
  const tokens = new Map<Role, string | null>();
  let request: ReturnType<typeof workerWith>;

  beforeAll(async () => {
    issuer = await makeIssuer('https://ci.example.org');
    request = workerWith({ OIDC_ISSUERS: JSON.stringify([issuer.setting]) });
    name = operationId.toLowerCase();
    await create(name);
    await publishText(name, permit('a'));
    await point(name, 1);
    await send(`/policy-sets/${name}/corpus`, json('PUT', services));
    key = (await makeKey(['read'])).id;
    const revoked = await makeKey(['admin']);
    expect((await send(`/keys/${revoked.id}`, { method: 'DELETE' })).status).toBe(200);
    const seconds = Math.floor(Date.now() / 1_000);
    tokens.set('none', null);
    tokens.set('wrong audience', await issuer.sign({ aud: 'another-service' }));
    tokens.set('expired', await issuer.sign({ iat: seconds - 900, exp: seconds - 600 }));
    tokens.set('revoked', revoked.key);
    tokens.set('reader', (await makeKey(['read'])).key);
    tokens.set('compiler', (await makeKey(['compile', 'authorize'])).key);
    tokens.set('publisher', (await makeKey(['publish'])).key);
    tokens.set('activator', (await makeKey(['activate'])).key);
    tokens.set('admin', (await makeKey(['admin'])).key);
  });

  test.each(ROLES)('%s', async (role) => {
    const { path, init } = row.request(name, key, role.replace(' ', '-'));
    const answer = await request(path, init, tokens.get(role) ?? null);
    const { allowed, status = 200 } = row;
    const isKnown = !['none', 'wrong audience', 'expired', 'revoked'].includes(role);
    if (allowed === 'everybody' || (isKnown && (allowed === 'every caller' || allowed.includes(role)))) {
      expect(`${answer.status} ${answer.status < 300 ? '' : await answer.text()}`).toBe(`${status} `);
    } else if (isKnown) {
      const { permission } = await problem(answer, 'forbidden');
      expect(permission?.reason).toBe('OutsideKeyScope');
    } else {
      await problem(answer, 'unauthenticated');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="tracewright"/);
    }
  });
});

describe('a Worker on which nothing is configured', () => {
  const bare = workerWith({ ADMIN_KEY_HASH: '', API_KEYS: '' });

  test.each(['/compile', '/policy-sets', '/docs', '/openapi.json', '/nowhere', '/readyz'])(
    'answers 503 on %s, and names what to set',
    async (path) => {
      const { detail } = await problem(await bare(path), 'not-configured');
      for (const name of ['ADMIN_KEY_HASH', 'API_KEYS', 'OIDC_ISSUERS', 'ACCESS_TEAM_DOMAIN'])
        expect(detail).toContain(name);
    },
  );

  test('is alive', async () => {
    expect((await bare('/healthz')).status).toBe(200);
  });

  test.each([
    ['ADMIN_KEY_HASH', 'not a hash'],
    ['API_KEYS', 'yes'],
    ['OIDC_ISSUERS', '{'],
    ['OIDC_ISSUERS', '[{"issuer": "http://a.example", "audience": "x", "jwks": {"keys": []}}]'],
    ['OIDC_ISSUERS', '[{"issuer": "https://a.example", "jwksUri": "https://a.example/keys"}]'],
    ['OIDC_ISSUERS', '[{"issuer": "https://a.example", "audience": "x"}]'],
    [
      'OIDC_ISSUERS',
      '[{"issuer": "https://a.example", "audience": "x", "jwksUri": "https://a.example/k", "algorithms": ["HS256"]}]',
    ],
    [
      'OIDC_ISSUERS',
      '[{"issuer": "https://a.example", "audience": "x", "jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}]',
    ],
    ['ACCESS_TEAM_DOMAIN', 'team.example.org'],
    ['ACCESS_AUDIENCE', 'without a team'],
    ['MANAGEMENT_POLICIES', 'none'],
    ['TWO_PERSON_RULE', 'true'],
    ['CORS_ORIGINS', '*'],
    ['RATE_LIMIT_QUOTA', '0'],
  ])('with a wrong %s (%s) it answers 503, and names it', async (setting, value) => {
    const { detail } = await problem(await workerWith({ [setting]: value })('/caller'), 'not-configured');
    expect(detail).toContain(setting);
  });
});

describe('local development', () => {
  const local = workerWith({ LOCAL_DEVELOPMENT: 'on', API_KEYS: 'off' });

  test.each([
    ['http://127.0.0.1:8787/caller', 200],
    ['http://localhost/policy-sets', 200],
    ['http://[::1]/baseline', 200],
    ['http://localhost/keys', 403],
  ])('%s without credentials: %i', async (url, status) => {
    expect((await local(url, {}, null)).status).toBe(status);
  });

  test('nobody publishes without a key', async () => {
    await problem(
      await local('http://localhost/policy-sets', json('POST', { name: 'x' }), null),
      'forbidden',
    );
  });

  test('wrong credentials are not better than none', async () => {
    await problem(await local('http://localhost/caller', {}, 'tw_x'), 'unauthenticated');
  });

  test('anywhere but on this machine it is a mistake', async () => {
    const { detail } = await problem(await local('/caller', {}, null), 'not-configured');
    expect(detail).toContain('LOCAL_DEVELOPMENT');
  });
});

describe('an API key', () => {
  test('is stored as a hash alone', async () => {
    const { id, key } = await makeKey(['read']);
    const stored = await env.POLICY_SETS.get(`v1/keys/${id}`);
    expect(stored).toContain(id);
    expect(stored).not.toContain(key.slice(-43));
    expect(await (await send(`/keys/${id}`)).text()).not.toContain(key.slice(-43));
    expect(await (await send('/keys?limit=100')).text()).not.toContain(key.slice(-43));
  });

  test('expires', async () => {
    const { id, key } = await makeKey(['read']);
    const stored = z
      .looseObject({ key: z.looseObject({}) })
      .parse(await env.POLICY_SETS.get(`v1/keys/${id}`, 'json'));
    const past = { ...stored, key: { ...stored.key, expiresAt: '2026-01-01T00:00:00Z' } };
    await env.POLICY_SETS.put(`v1/keys/${id}`, JSON.stringify(past));
    const request = workerWith({});
    expect((await problem(await request('/caller', {}, key), 'unauthenticated')).detail).toContain('expired');
  });

  test('of another secret is nobody, and learns nothing', async () => {
    const { id } = await makeKey(['read']);
    const request = workerWith({});
    const guess = `tw_${id}_${'A'.repeat(43)}`;
    const unknown = `tw_0000000000000000_${'A'.repeat(43)}`;
    const one = await problem(await request('/caller', {}, guess), 'unauthenticated');
    const other = await problem(await request('/caller', {}, unknown), 'unauthenticated');
    expect(one).toEqual(other);
  });

  test('that is stored in a form we do not know lets nobody in', async () => {
    const { id, key } = await makeKey(['read']);
    await env.POLICY_SETS.put(`v1/keys/${id}`, '{"format": 2}');
    await problem(await workerWith({})('/caller', {}, key), 'credentials-unavailable');
  });

  test('is confined to its policy sets and namespaces, whatever the policies say', async () => {
    await create('bounded');
    await publishText('bounded', permit('a'));
    await point('bounded', 1);
    const inside = await makeKey(['admin'], { policySets: ['bounded'], namespaces: ['shop'] });
    const elsewhere = await makeKey(['compile'], { namespaces: ['other'] });
    const another = await makeKey(['compile'], { policySets: ['other'] });
    const request = workerWith({});
    const compile = json('POST', services);
    expect((await request('/compile?policySet=bounded', compile, inside.key)).status).toBe(200);
    for (const { key } of [elsewhere, another])
      await problem(await request('/compile?policySet=bounded', compile, key), 'forbidden');
    await problem(await request('/policy-sets', {}, inside.key), 'forbidden');
    await problem(await request('/keys', {}, inside.key), 'forbidden');
  });

  test('compiles by the active version alone, unless it may pin', async () => {
    await create('pinned');
    await publishText('pinned', permit('a'));
    await point('pinned', 1);
    const request = workerWith({});
    const compile = json('POST', services);
    const plain = await makeKey(['compile']);
    const { permission } = await problem(
      await request('/compile?policySet=pinned&version=1', compile, plain.key),
      'forbidden',
    );
    expect(permission?.policies.map(({ id }) => id)).toEqual(['active-version-only']);
    const pin = await makeKey(['compile', 'pin']);
    expect((await request('/compile?policySet=pinned&version=1', compile, pin.key)).status).toBe(200);
  });

  test('of a publisher does not change who may do what', async () => {
    await create('management');
    const { key } = await makeKey(['publish']);
    const answer = await workerWith({})(
      '/policy-sets/management/versions',
      json('POST', { policies: { all: 'permit (principal, action, resource);' } }),
      key,
    );
    expect((await problem(answer, 'forbidden')).permission?.reason).toBe('ExplicitForbid');
  });
});

describe('every request is decided for every namespace', () => {
  test('one that is not permitted denies the whole', async () => {
    await create('spaces');
    await publishText('spaces', permit('a'));
    await point('spaces', 1);
    const { key } = await makeKey(['compile'], { namespaces: ['shop'] });
    const other = { ...services, metadata: { name: 'web', namespace: 'other' } };
    const both = { apiVersion: 'v1', kind: 'List', items: [services, other] };
    const { permission } = await problem(
      await workerWith({})('/compile?policySet=spaces', json('POST', both), key),
      'forbidden',
    );
    expect(permission?.resource).toBe('Tracewright::Namespace::"other"');
  });
});
