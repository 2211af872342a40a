import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { Isolate } from '../../src/isolate.ts';
import { warmUp } from '../../src/warm-up.ts';
import { ADMIN } from '../support/credentials.ts';
import { app, service } from '../support/services.ts';
import { problem } from '../support/worker.ts';

const SECRET = 'a secret of our insides';

/** The application's answer while the KV binding does what this promise does. */
function answer(path: string, read: () => Promise<never>, body?: unknown): Promise<Response> {
  vi.spyOn(env.POLICY_SETS, 'get').mockImplementation(read);
  const init = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...ADMIN, 'content-type': 'application/json' },
  };
  return Promise.resolve(createApp(new Isolate()).request(path, body === undefined ? {} : init, env));
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('when KV fails', () => {
  const failing = (): Promise<never> => Promise.reject(new Error(SECRET));

  test.each(['/compile', '/authorize'])('%s decides nothing', async (path) => {
    const { detail } = await problem(await answer(path, failing, service([app()])), 'policy-set-unavailable');
    expect(detail).not.toContain(SECRET);
  });

  test('it is not ready, but alive', async () => {
    await problem(await answer('/readyz', failing), 'not-ready');
    expect((await createApp(new Isolate()).request('/healthz', {}, env)).status).toBe(200);
  });

  test('hanging counts as failing', async () => {
    vi.useFakeTimers();
    const response = answer('/compile', () => new Promise<never>(() => {}), service([app()]));
    await vi.advanceTimersByTimeAsync(10_000);
    await problem(await response, 'policy-set-unavailable');
  });
});

test('an isolate warms up without a fault, and what fails then keeps it from nothing', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const isolate = new Isolate();
  const app = createApp(isolate);
  warmUp(app, isolate);
  expect(logged).not.toHaveBeenCalled();
  vi.spyOn(app.router, 'match').mockImplementation(() => {
    throw new Error(SECRET);
  });
  warmUp(app, isolate);
  expect(logged).toHaveBeenCalledOnce();
});

test('an error of our own says nothing of our insides, and is logged', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const broken = createApp(new Isolate());
  broken.get('/broken', () => {
    throw new Error(SECRET);
  });
  const { detail } = await problem(await broken.request('/broken', {}, env), 'internal-error');
  expect(detail).not.toContain(SECRET);
  expect(logged).toHaveBeenCalledOnce();
});
