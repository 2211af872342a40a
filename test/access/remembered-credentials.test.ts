import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AccessMemory } from '../../src/access/access-memory.ts';
import { authenticate } from '../../src/access/authenticate.ts';
import { CredentialMemory, type Verified } from '../../src/access/credential-memory.ts';
import { AuthenticationError, type Identity } from '../../src/access/identity.ts';
import { CreatedApiKeySchema } from '../../src/access/key-schemas.ts';
import { revokeKey } from '../../src/access/manage-keys.ts';
import { readSettings } from '../../src/access/settings.ts';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { MEMORY_BOUNDS } from '../../src/memory/bounds.ts';
import { json, workerWith } from '../support/management.ts';
import { runs } from '../support/runs.ts';
import { type Issuer, makeIssuer } from '../support/tokens.ts';
import { problem, send } from '../support/worker.ts';

const SECOND = 1_000;
const REMEMBERED = LIMITS.credentialSeconds * SECOND;

/** The real KV, which notes how keys are read, and may be made to answer something else. */
class WatchedKv {
  readonly reads: unknown[][] = [];
  answer: (() => string | null) | undefined;
  readonly kv = {
    get: async (name: string, options: 'text' | { type: 'text' }): Promise<string | null> => {
      if (!name.startsWith('v1/keys/')) return env.POLICY_SETS.get(name, 'text');
      this.reads.push([name, options]);
      return this.answer === undefined ? env.POLICY_SETS.get(name, 'text') : this.answer();
    },
    put: (name: string, value: string): Promise<void> => env.POLICY_SETS.put(name, value),
  };
}

async function makeKey(more: object = {}): Promise<{ id: string; key: string }> {
  const created = await send('/keys', json('POST', { name: 'CI', owner: 'ada', scopes: ['read'], ...more }));
  return CreatedApiKeySchema.parse(await created.json());
}

/** Changes what is stored of a key, past every isolate. */
async function change(id: string, fields: object): Promise<void> {
  const stored: { key: object } | null = await env.POLICY_SETS.get(`v1/keys/${id}`, 'json');
  const key = { ...stored?.key, ...fields };
  await env.POLICY_SETS.put(`v1/keys/${id}`, JSON.stringify({ ...stored, key }));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('an API key', () => {
  test('is read once while it is remembered, and again afterwards', async () => {
    const { reads, kv } = new WatchedKv();
    const request = workerWith({ POLICY_SETS: kv });
    const { key } = await makeKey();
    for (const [wait, count] of [
      [0, 1],
      [0, 1],
      [REMEMBERED - 1, 1],
      [1, 2],
      [0, 2],
    ] as const) {
      vi.setSystemTime(Date.now() + wait);
      expect((await request('/caller', {}, key)).status).toBe(200);
      expect(reads).toHaveLength(count);
    }
  });

  test('that was revoked elsewhere is refused within the minute that the documentation promises', async () => {
    const { reads, kv } = new WatchedKv();
    const request = workerWith({ POLICY_SETS: kv });
    const { id, key } = await makeKey();
    expect((await request('/caller', {}, key)).status).toBe(200);
    await change(id, { revokedAt: '2026-01-01T00:00:00Z' });
    vi.setSystemTime(Date.now() + REMEMBERED);
    const { detail } = await problem(await request('/caller', {}, key), 'unauthenticated');
    expect(detail).toBe('The key was revoked.');
    // KV may answer from a copy that is this old, and the isolate remembers the answer.
    const [, options] = reads.at(-1) ?? [];
    expect(options).toEqual({ type: 'text', cacheTtl: 30 });
    expect(30 + LIMITS.credentialSeconds).toBeLessThanOrEqual(60);
  });

  test('that was revoked here is refused at once, even if KV still returns it as it was', async () => {
    const watched = new WatchedKv();
    const request = workerWith({ POLICY_SETS: watched.kv });
    const { id, key } = await makeKey();
    const before = await env.POLICY_SETS.get(`v1/keys/${id}`, 'text');
    expect((await request('/caller', {}, key)).status).toBe(200);
    expect((await request(`/keys/${id}`, { method: 'DELETE' })).status).toBe(200);
    watched.answer = () => before;
    for (const wait of [0, REMEMBERED, 60 * SECOND]) {
      vi.setSystemTime(Date.now() + wait);
      const { detail } = await problem(await request('/caller', {}, key), 'unauthenticated');
      expect(detail).toBe('The key was revoked.');
    }
  });

  test('that is revoked here while a request waits for KV lets that request not in', async () => {
    const { id, key } = await makeKey();
    const { promise: revoked, resolve: revoke } = Promise.withResolvers<void>();
    let reads = 0;
    const get = async (name: string): Promise<string | null> => {
      const text = await env.POLICY_SETS.get(name, 'text');
      if (name !== `v1/keys/${id}`) return text;
      reads += 1;
      if (reads === 1) await revoked;
      return text;
    };
    const put = (name: string, value: string): Promise<void> => env.POLICY_SETS.put(name, value);
    const request = workerWith({ POLICY_SETS: { get, put } });
    const waiting = request('/caller', {}, key);
    await vi.waitFor(() => expect(reads).toBe(1));
    expect((await request(`/keys/${id}`, { method: 'DELETE' })).status).toBe(200);
    revoke();
    await problem(await waiting, 'unauthenticated');
    await problem(await request('/caller', {}, key), 'unauthenticated');
  });

  test('that was revoked elsewhere is refused at once by the isolate that revokes it again', async () => {
    const request = workerWith({});
    const { id, key } = await makeKey();
    expect((await request('/caller', {}, key)).status).toBe(200);
    await change(id, { revokedAt: '2026-01-01T00:00:00Z' });
    expect((await request('/caller', {}, key)).status).toBe(200);
    expect((await request(`/keys/${id}`, { method: 'DELETE' })).status).toBe(200);
    await problem(await request('/caller', {}, key), 'unauthenticated');
  });

  test('expires while it is remembered', async () => {
    const request = workerWith({});
    const { id, key } = await makeKey();
    await change(id, { expiresAt: new Date(Date.now() + 5 * SECOND).toISOString() });
    expect((await request('/caller', {}, key)).status).toBe(200);
    vi.setSystemTime(Date.now() + 5 * SECOND - 1);
    expect((await request('/caller', {}, key)).status).toBe(200);
    vi.setSystemTime(Date.now() + 1);
    const { detail } = await problem(await request('/caller', {}, key), 'unauthenticated');
    expect(detail).toBe('The key has expired.');
  });

  test('that is not there is looked for each time, so that a new key works at once', async () => {
    const watched = new WatchedKv();
    const request = workerWith({ POLICY_SETS: watched.kv });
    const { key } = await makeKey();
    watched.answer = () => null;
    await problem(await request('/caller', {}, key), 'unauthenticated');
    watched.answer = undefined;
    expect((await request('/caller', {}, key)).status).toBe(200);
  });

  test('is read again after the clock was set back, because its age is unknown then', async () => {
    const { reads, kv } = new WatchedKv();
    const request = workerWith({ POLICY_SETS: kv });
    const { key } = await makeKey();
    expect((await request('/caller', {}, key)).status).toBe(200);
    vi.setSystemTime(Date.now() - 1);
    expect((await request('/caller', {}, key)).status).toBe(200);
    expect(reads).toHaveLength(2);
  });

  test('with another secret is nobody while the right one is remembered', async () => {
    const request = workerWith({});
    const { id, key } = await makeKey();
    expect((await request('/caller', {}, key)).status).toBe(200);
    await problem(await request('/caller', {}, `tw_${id}_${'A'.repeat(43)}`), 'unauthenticated');
  });

  test('is remembered by its hash alone', async () => {
    const keep = vi.spyOn(CredentialMemory.prototype, 'keep');
    const { key } = await makeKey();
    expect((await workerWith({})('/caller', {}, key)).status).toBe(200);
    expect(keep).toHaveBeenCalled();
    const secret = key.slice(-43);
    expect(JSON.stringify(keep.mock.calls)).not.toContain(secret);
  });
});

describe('a token', () => {
  let issuer: Issuer;
  let OIDC_ISSUERS: string;
  beforeAll(async () => {
    issuer = await makeIssuer('https://ci.example.org');
    OIDC_ISSUERS = JSON.stringify([issuer.setting]);
  });

  test('is verified once while it is remembered, and again afterwards', async () => {
    const request = workerWith({ OIDC_ISSUERS });
    const token = await issuer.sign();
    const verify = vi.spyOn(crypto.subtle, 'verify');
    for (const [wait, count] of [
      [0, 1],
      [0, 1],
      [REMEMBERED - 1, 1],
      [1, 2],
    ] as const) {
      vi.setSystemTime(Date.now() + wait);
      expect((await request('/caller', {}, token)).status).toBe(200);
      expect(verify).toHaveBeenCalledTimes(count);
    }
  });

  test('expires while it is remembered', async () => {
    const request = workerWith({ OIDC_ISSUERS });
    const seconds = Math.floor(Date.now() / SECOND);
    // A minute after its time, a token counts as expired.
    const token = await issuer.sign({ exp: seconds - LIMITS.clockSkewSeconds + 5 });
    expect((await request('/caller', {}, token)).status).toBe(200);
    vi.setSystemTime((seconds + 5) * SECOND - 1);
    expect((await request('/caller', {}, token)).status).toBe(200);
    vi.setSystemTime((seconds + 5) * SECOND);
    const { detail } = await problem(await request('/caller', {}, token), 'unauthenticated');
    expect(detail).toBe('The token has expired.');
  });

  test('of Cloudflare Access is remembered for its own header only', async () => {
    const team = await makeIssuer('https://acme.cloudflareaccess.com');
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ keys: [team.jwk] }));
    const settings = { ACCESS_TEAM_DOMAIN: 'acme.cloudflareaccess.com', ACCESS_AUDIENCE: 'tracewright' };
    const request = workerWith(settings);
    const token = await team.sign();
    const headers = { 'cf-access-jwt-assertion': token };
    expect((await request('/caller', { headers }, null)).status).toBe(200);
    await problem(await request('/caller', {}, token), 'unauthenticated');
  });
});

test('as much is remembered as the bounds say, and no more', () => {
  const memory = new CredentialMemory();
  const verified = (length: number): Verified => ({
    identity: {
      caller: {
        kind: 'oidc',
        issuer: 'i',
        subject: 's',
        scopes: [],
        groups: [],
        claims: { a: 'x'.repeat(length) },
      },
      person: { id: 'p', name: 'p' },
      expiresAt: undefined,
      bounds: undefined,
    },
    goodUntil: Number.POSITIVE_INFINITY,
  });
  const { entries, weight } = MEMORY_BOUNDS.credentials;
  const kept = (count: number): number =>
    Array.from({ length: count }, (_, at) => memory.recall(`${at}`)).filter((each) => each !== undefined)
      .length;
  for (let at = 0; at <= entries; at += 1) memory.keep(`${at}`, verified(1), Date.now());
  expect(kept(entries + 1)).toBe(entries);
  for (let at = 0; at < 200; at += 1) memory.keep(`${at}`, verified(10_000), Date.now());
  expect(kept(200) * 20_000).toBeLessThanOrEqual(weight);
  const { entries: most } = MEMORY_BOUNDS.revokedKeys;
  for (let at = 0; at <= most; at += 1) memory.revokeKey(`${at}`);
  expect([0, 1, most].map((at) => memory.isRevoked(`${at}`))).toEqual([false, true, true]);
});

describe('compared with an isolate that remembers nothing', () => {
  const START = Date.parse('2026-06-01T00:00:00Z');
  let settings: ReturnType<typeof readSettings>;
  const tokens: string[] = [];
  /** Keys that expire after 12, 25 and 100 seconds, and what is stored of them. */
  const keys: { readonly id: string; readonly key: string; readonly stored: string }[] = [];

  beforeAll(async () => {
    for (const after of [12, 25, 100]) {
      const { id, key } = await makeKey();
      await change(id, { expiresAt: new Date(START + after * SECOND).toISOString() });
      keys.push({ id, key, stored: (await env.POLICY_SETS.get(`v1/keys/${id}`, 'text')) ?? '' });
    }
    const issuer = await makeIssuer('https://ci.example.org');
    settings = readSettings({ API_KEYS: 'on', OIDC_ISSUERS: JSON.stringify([issuer.setting]) });
    const seconds = START / SECOND;
    const skew = LIMITS.clockSkewSeconds;
    for (const claims of [
      { exp: seconds + 300 },
      { exp: seconds - skew + 8 },
      { exp: seconds - skew + 15.5 },
      { nbf: seconds + skew + 10 },
      { iat: seconds + skew + 5.5 },
      { aud: 'another' },
    ])
      tokens.push(await issuer.sign({ iat: seconds - 600, exp: seconds + 300, ...claims }));
  });

  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), which: fc.nat({ max: 8 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        which: fc.oneof(fc.integer({ min: 0, max: 12_000 }), fc.constantFrom(1, REMEMBERED - 1, REMEMBERED)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('revoke here' as const, 'revoke elsewhere' as const),
        which: fc.nat({ max: 2 }),
      }),
    },
  );

  /** Who a request with these credentials is from, or why nobody. */
  async function outcome(memory: AccessMemory, credentials: string): Promise<Identity | string> {
    const headers = { authorization: `Bearer ${credentials}` };
    try {
      return await authenticate(new Request('http://a.test', { headers }), env.POLICY_SETS, settings, memory);
    } catch (error) {
      if (error instanceof AuthenticationError) return `${error.code}: ${error.message}`;
      throw error;
    }
  }

  /** Compares the answers of a memory with those of new ones, over steps that are drawn at random. */
  async function compare(remembering: () => AccessMemory, shrink = true): Promise<void> {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        vi.setSystemTime(START);
        for (const { id, stored } of keys) await env.POLICY_SETS.put(`v1/keys/${id}`, stored);
        const credentials = [...keys.map(({ key }) => key), ...tokens];
        const memory = remembering();
        const revokedHere = new Set<number>();
        const revokedElsewhere = new Map<number, number>();
        for (const { do: what, which } of steps) {
          if (what === 'wait') vi.setSystemTime(Date.now() + which);
          else if (what === 'ask') {
            const given = await outcome(memory, credentials[which] ?? '');
            const anew = await outcome(new AccessMemory(new CedarMemory()), credentials[which] ?? '');
            // The one difference that there may be: others have revoked the key a few seconds ago.
            const age = Date.now() - (revokedElsewhere.get(which) ?? Number.NaN);
            if (
              !(anew === REVOKED && age < REMEMBERED && !revokedHere.has(which)) ||
              typeof given === 'string'
            )
              expect(given).toEqual(anew);
          } else if (what === 'revoke here') {
            await revokeKey(
              env.POLICY_SETS,
              keys[which]?.id ?? '',
              memory.credentials(settings),
              async () => {},
            );
            revokedHere.add(which);
          } else {
            if (!revokedElsewhere.has(which) && !revokedHere.has(which))
              revokedElsewhere.set(which, Date.now());
            await change(keys[which]?.id ?? '', { revokedAt: '2026-01-01T00:00:00Z' });
          }
        }
      }),
      { ...runs(400), endOnFailure: !shrink },
    );
  }
  const REVOKED = 'credentials-invalid: The key was revoked.';

  test('callers are the same', () => compare(() => new AccessMemory(new CedarMemory())));

  /** An isolate whose memory of credentials is broken. */
  class Broken extends AccessMemory {
    readonly #broken: CredentialMemory;
    constructor(broken: CredentialMemory) {
      super(new CedarMemory());
      this.#broken = broken;
    }
    override credentials(): CredentialMemory {
      return this.#broken;
    }
  }

  test.each<[string, () => CredentialMemory]>([
    [
      'forgets that credentials expire',
      () =>
        new (class extends CredentialMemory {
          override keep(name: string, verified: Verified, verifiedAt: number): void {
            super.keep(name, { ...verified, goodUntil: Number.POSITIVE_INFINITY }, verifiedAt);
          }
        })(),
    ],
    [
      'forgets nothing',
      () =>
        new (class extends CredentialMemory {
          readonly #kept = new Map<string, Identity>();
          override keep(name: string, { identity }: Verified): void {
            this.#kept.set(name, identity);
          }
          override recall(name: string): Identity | undefined {
            return this.#kept.get(name);
          }
        })(),
    ],
    [
      'does not hear of revocations',
      () =>
        new (class extends CredentialMemory {
          override revokeKey(): void {}
        })(),
    ],
  ])('a memory that %s is found out', async (_, broken) => {
    await expect(compare(() => new Broken(broken()), false)).rejects.toThrow('Property failed');
  });
});
