/**
 * Leaves nothing of a test file to the next one, which the same process of workerd runs: neither what is in KV and
 * in Durable Objects, nor what the Worker's modules remember, nor a clock that was set. Vitest restores what was
 * spied on.
 * @module
 */
import { reset } from 'cloudflare:test';
import { afterAll, vi } from 'vitest';

afterAll(async () => {
  vi.useRealTimers();
  await reset();
  vi.resetModules();
});
