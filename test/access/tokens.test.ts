import { SignJWT } from 'jose';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { KnownCallerSchema as CallerSchema } from '../../src/api/keys/get-caller.ts';
import { workerWith } from '../support/management.ts';
import { type Issuer, makeIssuer } from '../support/tokens.ts';
import { problem } from '../support/worker.ts';

let issuer: Issuer;
let stranger: Issuer;
let request: ReturnType<typeof workerWith>;
const seconds = () => Math.floor(Date.now() / 1_000);

beforeAll(async () => {
  issuer = await makeIssuer('https://ci.example.org');
  stranger = await makeIssuer('https://ci.example.org');
  request = workerWith({ OIDC_ISSUERS: JSON.stringify([issuer.setting]) });
});
afterEach(() => {
  vi.restoreAllMocks();
});

function part(value: unknown): string {
  return btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const claims = () => ({
  iss: 'https://ci.example.org',
  aud: 'tracewright',
  sub: 'anybody',
  iat: seconds(),
  exp: seconds() + 300,
});

test('a good token is its caller', async () => {
  const token = await issuer.sign({
    repository: 'acme/shop',
    ref: 'refs/heads/main',
    environment: 'production',
    groups: ['platform'],
    email: 'unverified@example.org',
    actor: 'ada',
    run_attempt: 2,
  });
  const answer = await request('/caller', {}, token);
  expect(CallerSchema.parse(await answer.json())).toMatchObject({
    kind: 'oidc',
    issuer: 'https://ci.example.org',
    subject: 'repo:acme/shop:ref:refs/heads/main',
    repository: 'acme/shop',
    ref: 'refs/heads/main',
    environment: 'production',
    groups: ['platform'],
    scopes: [],
    claims: { actor: 'ada', run_attempt: '2' },
  });
});

test('an address that the issuer has not verified is no attribute', async () => {
  const given = async (more: object) =>
    CallerSchema.parse(await (await request('/caller', {}, await issuer.sign({ ...more }))).json()).email;
  expect(await given({ email: 'a@example.org' })).toBeUndefined();
  expect(await given({ email: 'a@example.org', email_verified: 'true' })).toBeUndefined();
  expect(await given({ email: 'a@example.org', email_verified: true })).toBe('a@example.org');
});

test('a token brings no scopes of its own', async () => {
  const token = await issuer.sign({ scopes: ['admin'], kind: 'admin-key', scope: 'admin' });
  expect(await (await request('/caller', {}, token)).json()).toMatchObject({ kind: 'oidc', scopes: [] });
  await problem(await request('/keys', {}, token), 'forbidden');
});

test('a claim that Cedar could not take is left out', async () => {
  const token = await issuer.sign({ 'x\ud800': 'y', z: '\udfff', list: ['a'], actor: 'ada' });
  const { claims: seen } = CallerSchema.parse(await (await request('/caller', {}, token)).json());
  expect(Object.keys(seen).sort()).toEqual(['actor', 'aud', 'exp', 'iat', 'iss', 'sub']);
  await problem(await request('/policy-sets', {}, token), 'forbidden');
});

describe('token confusion: refused is', () => {
  test.each<[string, () => string | Promise<string>]>([
    ['alg none', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims())}.`],
    ['alg None, with a signature', () => `${part({ alg: 'None' })}.${part(claims())}.AAAA`],
    [
      'HS256 with the public key as its secret',
      () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
          .sign(new TextEncoder().encode(JSON.stringify(issuer.jwk))),
    ],
    [
      'HS256 with the modulus as its secret',
      () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
          .sign(new TextEncoder().encode(String(issuer.jwk.n))),
    ],
    ['an unknown kid', () => issuer.sign({}, { kid: 'key-2' })],
    ["another's key under a known kid", () => stranger.sign()],
    ["another's key in the header", () => stranger.sign({}, { jwk: stranger.jwk })],
    ['a jku in the header', () => stranger.sign({}, { jku: 'https://evil.example/keys' })],
    [
      'an unknown critical header',
      () => `${part({ alg: 'RS256', crit: ['x'], x: 1 })}.${part(claims())}.AAAA`,
    ],
    ['another issuer', () => issuer.sign({ iss: 'https://evil.example' })],
    ['an issuer that differs by a slash', () => issuer.sign({ iss: 'https://ci.example.org/' })],
    ['no issuer', () => issuer.sign({ iss: undefined })],
    ['another audience', () => issuer.sign({ aud: 'another' })],
    ['no audience', () => issuer.sign({ aud: undefined })],
    ['a time to come', () => issuer.sign({ nbf: seconds() + 120 })],
    ['an issue to come', () => issuer.sign({ iat: seconds() + 120 })],
    ['a time gone by', () => issuer.sign({ exp: seconds() - 120 })],
    ['no end', () => issuer.sign({ exp: undefined })],
    ['no subject', () => issuer.sign({ sub: undefined })],
    ['an empty subject', () => issuer.sign({ sub: '' })],
    ['half a character in its subject', () => issuer.sign({ sub: 'a\ud800b' })],
    ['half a character in a group', () => issuer.sign({ groups: ['\udfff'] })],
    ['a huge token', () => issuer.sign({ padding: 'x'.repeat(20_000) })],
    ['too many groups', () => issuer.sign({ groups: Array.from({ length: 501 }, (_, at) => `g${at}`) })],
    ['five parts', () => 'a.b.c.d.e'],
    ['no JSON in it', () => 'a.b.c'],
    ['half a token', async () => (await issuer.sign()).slice(0, -20)],
  ])('%s', async (_, make) => {
    await problem(await request('/caller', {}, await make()), 'unauthenticated');
  });

  test('another claim with the same signature', async () => {
    const [header, , signature] = (await issuer.sign()).split('.');
    const token = `${header}.${part({ ...claims(), sub: 'admin' })}.${signature}`;
    await problem(await request('/caller', {}, token), 'unauthenticated');
  });

  test.each(['Basic YWRtaW46', 'Bearer', 'Bearer  ', 'Bearer a b', 'bearer a, Bearer b'])(
    'Authorization: %s',
    async (authorization) => {
      await problem(await request('/caller', { headers: { authorization } }, null), 'unauthenticated');
    },
  );

  test('a clock may be a minute off, and no more', async () => {
    expect((await request('/caller', {}, await issuer.sign({ exp: seconds() - 30 }))).status).toBe(200);
    expect((await request('/caller', {}, await issuer.sign({ nbf: seconds() + 30 }))).status).toBe(200);
  });
});

describe('keys from the network', () => {
  /** Serves a key set at any address, and counts how often it is asked for. */
  function serve(answer: () => Response | Promise<Response>): { count: () => number } {
    const fetching = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answer());
    return { count: () => fetching.mock.calls.length };
  }
  let number = 0;
  const remote = async (): Promise<{ issuer: Issuer; ask: ReturnType<typeof workerWith> }> => {
    const each = await makeIssuer(`https://ci-${number++}.example.org`);
    const setting = { issuer: each.issuer, audience: 'tracewright', jwksUri: `${each.issuer}/keys` };
    return { issuer: each, ask: workerWith({ OIDC_ISSUERS: JSON.stringify([setting]) }) };
  };

  test('are fetched once for many requests', async () => {
    const { issuer: each, ask } = await remote();
    const { count } = serve(() => Response.json({ keys: [each.jwk] }));
    for (let at = 0; at < 5; at++) expect((await ask('/caller', {}, await each.sign())).status).toBe(200);
    expect(count()).toBe(1);
  });

  test('a token with an unknown kid does not make us fetch without end', async () => {
    const { issuer: each, ask } = await remote();
    const { count } = serve(() => Response.json({ keys: [each.jwk] }));
    for (let at = 0; at < 5; at++)
      await problem(await ask('/caller', {}, await each.sign({}, { kid: `k${at}` })), 'unauthenticated');
    expect(count()).toBeLessThanOrEqual(2);
  });

  test.each<[string, () => Response | Promise<Response>]>([
    ['an error', () => new Response('', { status: 500 })],
    ['no JSON', () => new Response('<h1>')],
    ['no keys', () => Response.json({})],
    ['nothing', () => Promise.reject(new TypeError('no network'))],
  ])('%s instead of keys lets nobody in', async (_, answer) => {
    const { issuer: each, ask } = await remote();
    serve(answer);
    await problem(await ask('/caller', {}, await each.sign()), 'credentials-unavailable');
  });
});

describe('Cloudflare Access', () => {
  const settings = { ACCESS_TEAM_DOMAIN: 'acme.cloudflareaccess.com', ACCESS_AUDIENCE: 'tracewright' };

  test('whom it lets through is known by its header, and by no other', async () => {
    const team = await makeIssuer('https://acme.cloudflareaccess.com');
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ keys: [team.jwk] }));
    const ask = workerWith(settings);
    const token = await team.sign({ sub: 'b1c2', email: 'ada@example.org' });
    const through = (assertion: string) =>
      ask('/caller', { headers: { 'cf-access-jwt-assertion': assertion } }, null);
    expect(await (await through(token)).json()).toMatchObject({
      kind: 'access',
      subject: 'b1c2',
      email: 'ada@example.org',
    });
    const machine = await team.sign({ sub: '', common_name: 'ci.access' });
    expect(await (await through(machine)).json()).toMatchObject({ kind: 'access', subject: 'ci.access' });
    await problem(await through(await team.sign({ aud: 'another application' })), 'unauthenticated');
    await problem(await ask('/caller', {}, token), 'unauthenticated');
  });

  test('its header means nothing where it is not configured', async () => {
    const token = await issuer.sign();
    const headers = { 'cf-access-jwt-assertion': token };
    await problem(await request('/caller', { headers }, null), 'unauthenticated');
  });
});
