import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { Isolate } from '../../src/isolate.ts';
import { digestOf } from '../../src/policy-sets/canonical.ts';
import { KEYS } from '../../src/policy-sets/kv-keys.ts';
import { ADMIN } from '../support/credentials.ts';
import { create, permit, point, published, publishText, registry, standing } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { compilation, postJson, problem, send } from '../support/worker.ts';

let count = 0;
let name = '';

beforeEach(async () => {
  name = `registry-${count++}`;
  await create(name);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Makes the binding do something else for keys that match. */
function injectPut(matches: RegExp, instead: (put: () => Promise<void>) => Promise<void>): void {
  const put = env.POLICY_SETS.put.bind(env.POLICY_SETS);
  vi.spyOn(env.POLICY_SETS, 'put').mockImplementation(async (key: string, value, options) => {
    const real = (): Promise<void> => put(key, value, options);
    return matches.test(key) ? instead(real) : real();
  });
}

async function decidedBy(): Promise<number> {
  const { policySet } = await compilation(
    await postJson(`/compile?policySet=${name}`, service([app({ allowedBinaries: ['/bin/a'] })])),
  );
  return policySet.version;
}

async function alarmAfter(milliseconds: number): Promise<void> {
  vi.setSystemTime(Date.now() + milliseconds);
  expect(await runDurableObjectAlarm(registry(name))).toBe(true);
}

describe('many writers at once', () => {
  test('two hundred publications are two hundred consecutive versions, and none is lost', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) =>
        published(await publishText(name, permit(`p${index}`))),
      ),
    );
    const numbers = answers.map(({ version }) => version).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    const { latest, revision, pendingWrites } = await standing(name);
    expect(`${latest?.version} ${revision} ${pendingWrites}`).toBe('200 201 0');
    for (const { version, digest } of answers.slice(0, 20)) {
      const kept = await env.POLICY_SETS.get(KEYS.version(name, String(version)), 'json');
      expect(kept).toEqual({ version, digest });
      expect(await env.POLICY_SETS.get(KEYS.body(digest))).toContain('allowedBinary:/bin/p');
    }
  });

  test('the same content is one version, however often it is sent', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => publishText(name, permit('same'))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array.from({ length: 19 }, () => 200),
      201,
    ]);
    const versions = await Promise.all(answers.map(published));
    expect(new Set(versions.map(({ version, digest }) => `${version} ${digest}`)).size).toBe(1);
  });

  test('of those who read the same revision one writes, the others are told', async () => {
    const { revision } = await standing(name);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        publishText(name, permit(`p${index}`), { 'if-match': `"${revision}"` }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 412),
    ]);
  });

  test('the same request many times at once is done once, and answered alike', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => publishText(name, permit('a'), { 'idempotency-key': 'k' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect((await standing(name)).latest?.version).toBe(1);
  });
});

describe('when KV does not take a write', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });

  const failing = (): Promise<void> => Promise.reject(new Error('KV is down'));

  test('the publication is done, and an alarm tells KV when it takes it', async () => {
    injectPut(/\/body\//, failing);
    expect((await published(await publishText(name, permit('a')))).version).toBe(1);
    expect((await standing(name)).pendingWrites).toBe(3);
    // Reviewers see it already, deciders do not.
    expect((await send(`/policy-sets/${name}/versions/1`)).status).toBe(200);
    await problem(
      await postJson(`/compile?policySet=${name}&version=1`, service([app()])),
      'policy-set-version-not-found',
    );
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await alarmAfter(61_000);
      expect((await standing(name)).pendingWrites).toBe(3);
    }
    vi.restoreAllMocks();
    await alarmAfter(61_000);
    expect((await standing(name)).pendingWrites).toBe(0);
    expect((await postJson(`/compile?policySet=${name}&version=1`, service([app()]))).status).toBe(200);
  });

  // The second has its pairs of surrogates one further on.
  test.each(['', 'x'])('a version of megabytes is kept whole until KV takes it (%j)', async (shift) => {
    injectPut(/\/body\//, failing);
    const text = `@note("${shift}${'😀'.repeat(800_000)}")\n${permit('a')}`;
    const { digest, bytes } = await published(await publishText(name, text));
    expect(bytes).toBeGreaterThan(3_000_000);
    const kept = async () =>
      (await send(`/policy-sets/${name}/versions/1`, { headers: { accept: 'text/plain' } })).text();
    expect((await kept()).trim()).toBe(text);
    vi.restoreAllMocks();
    await alarmAfter(61_000);
    expect((await kept()).trim()).toBe(text);
    expect(await digestOf((await env.POLICY_SETS.get(KEYS.body(digest))) ?? '')).toBe(digest);
  });

  test('readers decide by the old version until the new one is there, never by half of it', async () => {
    await published(await publishText(name, permit('a')));
    await point(name, 1);
    expect(await decidedBy()).toBe(1);
    injectPut(/\/body\//, failing);
    await published(await publishText(name, `${permit('a')}\n${permit('b')}`));
    await point(name, 2);
    expect((await standing(name)).aliases[0]?.version).toBe(2);
    expect(await decidedBy()).toBe(1);
    vi.restoreAllMocks();
    await alarmAfter(61_000);
    expect(await decidedBy()).toBe(2);
  });

  test('one version that KV refuses does not hold back a rollback to another', async () => {
    await published(await publishText(name, permit('a')));
    const second = await published(await publishText(name, `${permit('a')}\n${permit('b')}`));
    await point(name, 2);
    injectPut(/\/body\//, failing);
    await published(await publishText(name, permit('c')));
    await point(name, 1);
    expect(await decidedBy()).toBe(1);
    expect(await env.POLICY_SETS.get(KEYS.digest(name, second.digest))).not.toBeNull();
  });

  test('an alias that KV refuses at first is set in the end, to what it was set to last', async () => {
    await published(await publishText(name, permit('a')));
    await published(await publishText(name, `${permit('a')}\n${permit('b')}`));
    await point(name, 1);
    injectPut(/\/alias\//, failing);
    await point(name, 2);
    await point(name, 1);
    await point(name, 2);
    expect(await decidedBy()).toBe(1);
    vi.restoreAllMocks();
    await alarmAfter(61_000);
    expect(await decidedBy()).toBe(2);
  });

  test('a failure is reported, and says nothing of the policies', async () => {
    injectPut(/\/body\//, failing);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    await publishText(name, permit('a'));
    const lines = logged.mock.calls.map(([line]) => String(line));
    expect(lines.map((line) => JSON.parse(line).event)).toContain('kv-write-failed');
    expect(lines.join('\n')).not.toContain('permit');
  });
});

describe('when a write to KV hangs', () => {
  /** Makes waiting short: an object must be woken by timers of its own, so they cannot be faked. */
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const wait = globalThis.setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((callback, milliseconds = 0) =>
      wait(callback, Math.min(milliseconds, 50)),
    );
  });

  test('it counts as failed, and is tried again', async () => {
    injectPut(/\/body\//, () => new Promise<void>(() => {}));
    const answer = await publishText(name, permit('a'));
    expect(answer.status).toBe(201);
    vi.restoreAllMocks();
    await alarmAfter(61_000);
    expect((await standing(name)).pendingWrites).toBe(0);
  });

  test('and lands late, after a later one, it does not have the last word', async () => {
    await published(await publishText(name, permit('a')));
    await published(await publishText(name, `${permit('a')}\n${permit('b')}`));
    const late: (() => Promise<void>)[] = [];
    injectPut(/\/alias\//, (put) => {
      late.push(put);
      return new Promise<void>(() => {});
    });
    await point(name, 1);
    vi.restoreAllMocks();
    await point(name, 2);
    expect(await decidedBy()).toBe(2);
    for (const put of late) await put();
    expect(await decidedBy()).toBe(1);
    await alarmAfter(61_000);
    expect(await decidedBy()).toBe(2);
  });
});

describe('when the object is restarted', () => {
  test('between the commit and KV, nothing is lost', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    injectPut(/\/body\//, () => new Promise<void>(() => {}));
    const cut = publishText(name, permit('a')).catch(() => undefined);
    await vi.waitFor(async () => expect((await standing(name)).latest?.version).toBe(1));
    await abortAllDurableObjects();
    await cut;
    vi.restoreAllMocks();
    expect((await standing(name)).pendingWrites).toBe(3);
    await alarmAfter(61_000);
    expect((await standing(name)).pendingWrites).toBe(0);
    expect((await postJson(`/compile?policySet=${name}&version=1`, service([app()]))).status).toBe(200);
  });

  test('it knows its set, its aliases, its history and the requests it has answered', async () => {
    const first = await publishText(name, permit('a'), { 'idempotency-key': 'k' });
    await point(name, 1);
    const before = await standing(name);
    const history = await (await send(`/policy-sets/${name}/history`)).text();
    await abortAllDurableObjects();
    expect(await standing(name)).toEqual(before);
    expect(await (await send(`/policy-sets/${name}/history`)).text()).toBe(history);
    const again = await publishText(name, permit('a'), { 'idempotency-key': 'k' });
    expect(`${again.status} ${await again.text()}`).toBe(`${first.status} ${await first.text()}`);
  });
});

test('an idempotency key is forgotten after a day', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await published(await publishText(name, permit('a'), { 'idempotency-key': 'k' }));
  await problem(await publishText(name, permit('b'), { 'idempotency-key': 'k' }), 'idempotency-key-reused');
  await alarmAfter(86_400_000);
  expect((await published(await publishText(name, permit('b'), { 'idempotency-key': 'k' }))).version).toBe(2);
});

describe('when the registry fails', () => {
  test.each([
    ['GET', '', undefined],
    ['GET', '/history', undefined],
    ['GET', '/versions', undefined],
    ['GET', '/versions/1', undefined],
    ['POST', '/versions', { policies: { a: permit('a') } }],
    ['POST', '/versions:check', { policies: { a: permit('a') } }],
    ['PUT', '/aliases/active', { version: 1 }],
    ['POST', '/archive', {}],
  ])('%s %s says so, and nothing of our insides', async (method, path, body) => {
    const broken = {
      ...env,
      POLICY_SET_REGISTRY: {
        idFromName: (each: string) => each,
        get: () => new Proxy({}, { get: () => () => Promise.reject(new Error('a secret of our insides')) }),
      },
    };
    const answer = await createApp(new Isolate()).request(
      `/policy-sets/${name}${path}`,
      {
        method,
        headers: { ...ADMIN, 'if-match': '*', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      broken,
    );
    const { detail } = await problem(answer, 'policy-set-unavailable');
    expect(detail).not.toContain('secret');
  });
});
