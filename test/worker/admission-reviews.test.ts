import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { answerWithin } from '../../src/api/admission-timeout.ts';
import { createApp } from '../../src/app.ts';
import { ADMIN } from '../support/credentials.ts';
import { problem, publish, send } from '../support/worker.ts';

/** AdmissionReviews as a Kubernetes 1.34 API server sent them, byte for byte. */
const REVIEWS = z
  .record(z.string(), z.string())
  .parse(import.meta.glob('../fixtures/reviews/*.json', { query: '?raw', import: 'default', eager: true }));

function reviewText(name: string): string {
  const text = REVIEWS[`../fixtures/reviews/${name}.json`];
  if (text === undefined) throw new Error(`There is no review ${name}.`);
  return text;
}

const Answer = z.strictObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  response: z.strictObject({
    uid: z.string(),
    allowed: z.boolean(),
    status: z.looseObject({ code: z.number(), reason: z.string(), message: z.string() }).optional(),
    warnings: z.array(z.string().max(256)).optional(),
  }),
});
const Sent = z.looseObject({ request: z.looseObject({ uid: z.string() }) });

/** Sends a review as the API server does. */
async function ask(text: string, query = '?timeout=10s'): Promise<z.output<typeof Answer>['response']> {
  const response = await send(`/admission${query}`, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', accept: 'application/json, */*' },
  });
  const answer = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : answer}`).toBe('200 ');
  const read = Answer.parse(JSON.parse(answer)).response;
  expect(read.uid).toBe(Sent.parse(JSON.parse(text)).request.uid);
  return read;
}

beforeAll(async () => {
  await publish('permit (principal, action, resource) when { resource.category == "binary" };');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the time that the API server gives', () => {
  const review = reviewText('CREATE-deployments--admin--4');

  test.each(['10s', '30s', '1s', '1m0s', '1.5s', '500ms', '2h45m0s', '100µs'])(
    'timeout=%s is taken',
    async (timeout) => {
      await ask(review, `?timeout=${encodeURIComponent(timeout)}`);
    },
  );

  test.each(['10', 's', '-1s', '10s 5s', '10x', ''])('timeout=%s is a fault', async (timeout) => {
    const { faults } = await problem(
      await send(`/admission?timeout=${timeout}`, { method: 'POST', body: review }),
      'invalid-request',
    );
    expect(faults).toMatchObject([{ parameter: 'timeout' }]);
  });

  test.each([
    [undefined, 9_000],
    ['10s', 9_000],
    ['2s', 1_500],
    ['1m0s', 29_000],
    ['500ms', 375],
  ])('with timeout=%s the answer is there within %d ms', (timeout, milliseconds) => {
    expect(answerWithin(timeout)).toBe(milliseconds);
  });

  test.each([
    ['?timeout=2s', 1_500],
    ['?timeout=10s', 9_000],
    ['', 9_000],
  ])('%s: what is not decided %d ms after it came is denied', async (query, milliseconds) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    // Each read of KV is in time, but not two of them.
    const slow = new Proxy(env.POLICY_SETS, {
      get:
        (kv, name) =>
        async (...args: unknown[]) => {
          await new Promise((resolve) => setTimeout(resolve, 4_900));
          return Reflect.apply(Reflect.get(kv, name), kv, args);
        },
    });
    let answered = false;
    const headers = { ...ADMIN, 'content-type': 'application/json' };
    const asked = Promise.resolve(
      createApp().request(
        `/admission${query}`,
        { method: 'POST', body: review, headers },
        { ...env, POLICY_SETS: slow },
      ),
    ).then((response) => {
      answered = true;
      return response;
    });
    await vi.advanceTimersByTimeAsync(milliseconds - 1);
    expect(answered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const { response } = Answer.parse(await (await asked).json());
    expect(response).toMatchObject({ allowed: false, status: { code: 504, reason: 'Timeout' } });
  });
});

test.each(Object.keys(REVIEWS))('%s is answered', async (name) => {
  await ask(REVIEWS[name] ?? '');
});
