import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import events from '../../examples/events.ndjson?raw';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { CreatedApiKeySchema } from '../../src/access/key-schemas.ts';
import { json, workerWith } from '../support/management.ts';
import { create, permit, point, published, publishText, write } from '../support/policy-sets.ts';
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
  'describer',
  'admin',
  'admin of a namespace',
  'admin of the set',
  'admin of another set',
] as const;

/** Admins whose keys are confined: they may do what is within, and nothing else. */
const CONFINED: readonly Role[] = ['admin of a namespace', 'admin of the set', 'admin of another set'];

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

const EVENT = JSON.parse((events.split('\n')[0] ?? '').replaceAll('production', 'shop'));
/** The parts of a request to learn from an event. */
function learning(): FormData {
  const form = new FormData();
  form.append('workloads', JSON.stringify(services));
  form.append('events', JSON.stringify(EVENT));
  return form;
}

const VERSION = { policies: { b: permit('b') } };

const IMAGE = { architecture: 'amd64', os: 'linux', config: { Entrypoint: ['/bin/a'] } };

/** A digest that belongs to a word. */
function imageDigest(word: string): string {
  const hex = [...word].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0'));
  return `sha256:${hex.join('').padEnd(64, '0').slice(0, 64)}`;
}

/** Every operation of the OpenAPI document, by its id. */
const TABLE: Readonly<Record<string, Row>> = {
  getHealth: { allowed: 'everybody', request: () => ({ path: '/healthz' }) },
  getReadiness: { allowed: 'everybody', request: () => ({ path: '/readyz' }) },
  getOpenApiDocument: { allowed: 'everybody', request: () => ({ path: '/openapi.json' }) },
  getCaller: { allowed: 'every caller', request: () => ({ path: '/caller' }) },
  getBaseline: { allowed: 'every caller', request: () => ({ path: '/baseline' }) },
  buildBaseline: { allowed: 'every caller', request: () => ({ path: '/baseline', init: json('POST', {}) }) },
  compileServices: {
    allowed: ['compiler', 'admin', 'admin of a namespace', 'admin of the set'],
    request: (name) => ({ path: `/compile?policySet=${name}`, init: json('POST', services) }),
  },
  authorizeOverrides: {
    allowed: ['compiler', 'admin', 'admin of a namespace', 'admin of the set'],
    request: (name) => ({ path: `/authorize?policySet=${name}`, init: json('POST', services) }),
  },
  explainEvents: {
    allowed: ['compiler', 'admin', 'admin of a namespace', 'admin of the set'],
    request: (name) => ({ path: `/explain?policySet=${name}`, init: json('POST', EVENT) }),
  },
  learnFromEvents: {
    allowed: ['compiler', 'admin', 'admin of a namespace', 'admin of the set'],
    request: (name) => ({ path: `/learn?policySet=${name}`, init: { method: 'POST', body: learning() } }),
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
  getPolicySet: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}` }),
  },
  archivePolicySet: {
    allowed: ['activator', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/archive`, init: json('POST', {}) }),
  },
  restorePolicySet: {
    allowed: ['activator', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/restore`, init: json('POST', {}) }),
  },
  listPolicySetHistory: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/history` }),
  },
  listVersions: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/versions` }),
  },
  publishVersion: {
    allowed: ['publisher', 'admin', 'admin of the set'],
    status: 201,
    request: (name, _, role) => ({
      path: `/policy-sets/${name}/versions`,
      init: json('POST', { policies: { role: permit('role', `/bin/${role}`) } }),
    }),
  },
  checkVersion: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/versions:check`, init: json('POST', VERSION) }),
  },
  getVersion: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/versions/1` }),
  },
  diffVersions: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/versions/1/diff/active` }),
  },
  assessVersionImpact: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/versions/1/impact`, init: json('POST', services) }),
  },
  getPolicySetAlias: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/aliases/active` }),
  },
  setPolicySetAlias: {
    allowed: ['activator', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/aliases/staging`, init: json('PUT', { version: 1 }) }),
  },
  getPolicySetCorpus: {
    allowed: ['reader', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/corpus` }),
  },
  setPolicySetCorpus: {
    allowed: ['publisher', 'admin', 'admin of the set'],
    request: (name) => ({ path: `/policy-sets/${name}/corpus`, init: json('PUT', services) }),
  },
  runKrmFunction: {
    allowed: ['compiler', 'admin', 'admin of a namespace', 'admin of the set'],
    request: (name) => ({
      path: `/krm?policySet=${name}`,
      init: json('POST', { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [services] }),
    }),
  },
  reviewAdmission: {
    allowed: ['compiler', 'admin', 'admin of a namespace', 'admin of the set'],
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
  listImages: { allowed: ['reader', 'admin'], request: () => ({ path: '/images' }) },
  setImage: {
    allowed: ['describer', 'admin'],
    status: 201,
    request: (_, __, role) => ({ path: `/images/${imageDigest(`new-${role}`)}`, init: json('PUT', IMAGE) }),
  },
  getImage: {
    allowed: ['reader', 'admin'],
    request: (_, __, role) => ({ path: `/images/${imageDigest(role)}` }),
  },
  removeImage: {
    allowed: ['describer', 'admin'],
    request: (_, __, role) => ({ path: `/images/${imageDigest(role)}`, init: { method: 'DELETE' } }),
  },
  listApiKeys: { allowed: ['admin', ...CONFINED], request: () => ({ path: '/keys' }) },
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
    for (const role of ROLES)
      await send(`/images/${imageDigest(role.replaceAll(' ', '-'))}`, json('PUT', IMAGE));
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
    tokens.set('describer', (await makeKey(['describeImages'])).key);
    tokens.set('admin', (await makeKey(['admin'])).key);
    tokens.set('admin of a namespace', (await makeKey(['admin'], { namespaces: ['shop'] })).key);
    tokens.set('admin of the set', (await makeKey(['admin'], { policySets: [name] })).key);
    tokens.set('admin of another set', (await makeKey(['admin'], { policySets: ['another'] })).key);
  });

  test.each(ROLES)('%s', async (role) => {
    const { path, init } = row.request(name, key, role.replaceAll(' ', '-'));
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
    await env.POLICY_SETS.delete(`v1/keys/${id}`);
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
  });

  test('that is confined to namespaces makes none that is wider, and touches no set', async () => {
    const request = workerWith({});
    const shop = await makeKey(['admin'], { namespaces: ['shop'] });
    const asked = { principal: { namespace: 'infra', name: 'x' }, overrides: ['hostPID'] };
    const { permission } = await problem(
      await request('/authorize', json('POST', asked), shop.key),
      'forbidden',
    );
    expect(permission?.reason).toBe('OutsideKeyScope');
    const wanted = { name: 'all', owner: 'somebody-else', scopes: ['admin'] };
    const making = await problem(await request('/keys', json('POST', wanted), shop.key), 'forbidden');
    expect(making.permission).toMatchObject({ action: 'manageKeys', reason: 'OutsideKeyScope' });
    await problem(await request('/policy-sets', json('POST', { name: 'management' }), shop.key), 'forbidden');
    await problem(await request('/policy-sets/default', {}, shop.key), 'forbidden');
  });

  /** What a key that is confined to the set `ours` and the namespaces `a` and `b` may make. */
  const BOUNDS = { policySets: ['ours'], namespaces: ['a', 'b'], expiresInDays: 30 };
  test.each<[string, object, boolean]>([
    ['as wide', BOUNDS, true],
    ['narrower', { ...BOUNDS, namespaces: ['b'], scopes: ['compile'], expiresInDays: 1 }, true],
    ['without an expiry', { policySets: ['ours'], namespaces: ['a'] }, true],
    ['for another namespace too', { ...BOUNDS, namespaces: ['a', 'c'] }, false],
    ['for any namespace', { ...BOUNDS, namespaces: null }, false],
    ['for another set', { ...BOUNDS, policySets: ['theirs'] }, false],
    ['for any set', { ...BOUNDS, policySets: undefined }, false],
    ['for longer', { ...BOUNDS, expiresInDays: 31 }, false],
    ['for less, but for any set', { scopes: ['read'], namespaces: ['a'], expiresInDays: 1 }, false],
  ])('that is confined makes one that is %s: %o, %s', async (_, wanted, made) => {
    const request = workerWith({});
    const { key } = await makeKey(['admin'], { ...BOUNDS, expiresInDays: 30 });
    // The new key is made a moment later, and would be good for that moment longer.
    const days = 'expiresInDays' in wanted && wanted.expiresInDays === 30 ? { expiresInDays: 29 } : {};
    const answer = await request(
      '/keys',
      json('POST', { name: 'new', owner: 'ada', scopes: ['admin'], ...wanted, ...days }),
      key,
    );
    if (!made) return void (await problem(answer, 'forbidden'));
    const { expiresAt } = CreatedApiKeySchema.parse(await answer.json());
    const own = z
      .looseObject({ keyExpiresAt: z.string() })
      .parse(await (await request('/caller', {}, key)).json());
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.parse(own.keyExpiresAt));
  });

  test('that is confined lists, shows and revokes what is within its bounds', async () => {
    const request = workerWith({});
    const ours = await makeKey(['admin'], { namespaces: ['listed'] });
    const inside = await makeKey(['compile'], { namespaces: ['listed'], expiresInDays: 1 });
    const outside = await makeKey(['compile'], { namespaces: ['listed', 'more'], expiresInDays: 1 });
    const listed: string[] = [];
    let cursor = '';
    do {
      const { keys, nextCursor } = z
        .looseObject({ keys: z.array(z.looseObject({ id: z.string() })), nextCursor: z.string().nullable() })
        .parse(await (await request(`/keys?limit=100${cursor}`, {}, ours.key)).json());
      listed.push(...keys.map(({ id }) => id));
      cursor = nextCursor === null ? '' : `&cursor=${encodeURIComponent(nextCursor)}`;
    } while (cursor !== '');
    expect(listed.sort()).toEqual([ours.id, inside.id].sort());
    for (const method of ['GET', 'DELETE']) {
      expect((await request(`/keys/${inside.id}`, { method }, ours.key)).status).toBe(200);
      const { permission } = await problem(
        await request(`/keys/${outside.id}`, { method }, ours.key),
        'forbidden',
      );
      expect(permission?.reason).toBe('OutsideKeyScope');
    }
    expect((await request('/caller', {}, outside.key)).status).toBe(200);
    await problem(await request('/caller', {}, inside.key), 'unauthenticated');
  });

  test('says in every answer, and in the log, when it is about to expire', async () => {
    const request = workerWith({});
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const soon = await makeKey(['read'], { expiresInDays: 13 });
    const later = await makeKey(['read'], { expiresInDays: 15 });
    const warned = await request('/baseline', {}, soon.key);
    expect(warned.headers.get('tracewright-key-expires')).toMatch(/^\d{4}-\d\d-\d\dT/);
    // A denial too: whoever reads only those must learn of it.
    const denied = await request('/keys', {}, soon.key);
    await problem(denied, 'forbidden');
    expect(denied.headers.get('tracewright-key-expires')).not.toBeNull();
    const silent = await request('/baseline', {}, later.key);
    expect(silent.headers.get('tracewright-key-expires')).toBeNull();
    const days = (answer: Response): unknown => {
      const id = answer.headers.get('x-request-id') ?? 'none';
      const line = log.mock.calls.map(([text]) => String(text)).find((text) => text.includes(id));
      return JSON.parse(line ?? '{}').keyExpiresInDays;
    };
    expect(days(warned)).toBe(13);
    expect(days(silent)).toBeNull();
    log.mockRestore();
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

describe('a body that is for nothing is not read', () => {
  /** Every operation whose body says what it is about. */
  const paths = ['/compile', '/authorize', '/krm', '/admission', '/policy-sets', '/keys'];
  const callers: Readonly<Record<string, { scopes: string[]; more?: object }>> = {
    'another scope': { scopes: ['read', 'activate'] },
    'another policy set': { scopes: ['compile', 'authorize'], more: { policySets: ['another'] } },
    'a namespace, for what is above namespaces': { scopes: ['publish'], more: { namespaces: ['shop'] } },
  };

  test.each(
    Object.entries(callers).flatMap(([name, caller]) => paths.map((path) => [name, path, caller] as const)),
  )('a key of %s: %s', async (name, path, { scopes, more }) => {
    // The body alone says of which set it is, or which key is wanted.
    if (name === 'another policy set' && !['/compile', '/authorize', '/admission'].includes(path)) return;
    const { key } = await makeKey(scopes, more);
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull: (controller) => {
          pulled += 1;
          controller.enqueue(new TextEncoder().encode('{'));
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await workerWith({})(
      path,
      { method: 'POST', body, headers: { 'content-type': 'application/json' } },
      key,
    );
    const { permission } = await problem(answer, 'forbidden');
    expect(permission?.reason).toBe('OutsideKeyScope');
    expect(pulled).toBe(0);
  });
});

describe('who could be permitted nothing has no large body read', () => {
  let issuer: Issuer;
  beforeAll(async () => {
    issuer = await makeIssuer('https://ci.example.org');
  });

  /** Sends a body that is never ended, and says how often it was read from. */
  async function sendEndless(
    request: ReturnType<typeof workerWith>,
    path: string,
    token: string,
  ): Promise<{ answer: Response; pulled: number }> {
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull: (controller) => {
          pulled += 1;
          // More than the 16 MiB of any body.
          if (pulled > 300) controller.close();
          else controller.enqueue(new TextEncoder().encode('{'.repeat(65_536)));
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-type': 'application/json' };
    return { answer: await request(path, { method: 'POST', body, headers }, token), pulled };
  }

  test.each(['/compile', '/authorize', '/krm', '/admission'])(
    'by the built-in policies, a token: %s',
    async (path) => {
      const request = workerWith({ OIDC_ISSUERS: JSON.stringify([issuer.setting]) });
      const { answer, pulled } = await sendEndless(request, path, await issuer.sign());
      expect((await problem(answer, 'forbidden')).permission?.reason).toBe('NoPermitPolicy');
      expect(pulled).toBe(0);
    },
  );

  // Last: it decides who may do what.
  test('by the policies of the set management, whoever they do not speak of; the others are read', async () => {
    const pipeline = (repository: string, more = '') =>
      `permit (principal, action == Tracewright::Action::"compile", resource == Tracewright::Namespace::"shop")
       when { principal has repository && principal.repository == "${repository}"${more} };`;
    await write('POST', '/policy-sets', { name: 'management' });
    const { version } = await published(
      await write('POST', '/policy-sets/management/versions', {
        policies: {
          admin: 'permit (principal, action, resource) when { principal.scopes.contains("admin") };',
          shop: pipeline('acme/shop', ' && context.reference == "active"'),
          staging: pipeline('acme/staging', ' && context.reference like "stag*"'),
          tagged: pipeline(
            'acme/tagged',
            ' && principal.hasTag("actor") && principal.getTag("actor") == "ada"',
          ),
        },
      }),
    );
    await point('management', version);
    const request = workerWith({
      OIDC_ISSUERS: JSON.stringify([issuer.setting]),
      MANAGEMENT_POLICIES: 'stored',
    });
    for (const [repository, read] of [
      ['acme/shop', true],
      ['acme/staging', true],
      ['acme/tagged', true],
      ['acme/other', false],
      [undefined, false],
    ] as const) {
      const token = await issuer.sign({ repository, actor: 'ada' });
      const { answer, pulled } = await sendEndless(request, '/compile', token);
      if (read) await problem(answer, 'body-too-large');
      else await problem(answer, 'forbidden');
      expect([repository, pulled > 0]).toEqual([repository, read]);
    }
    const { answer } = await sendEndless(
      request,
      '/authorize',
      await issuer.sign({ repository: 'acme/shop' }),
    );
    await problem(answer, 'forbidden');
  });
});
