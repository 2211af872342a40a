/**
 * Leaves nothing of a test file to the next one, which the same process of workerd runs: neither what is in KV and
 * in Durable Objects, nor what the Worker remembers, nor a clock that was set. Vitest restores what was spied on.
 * @module
 */
import { reset } from 'cloudflare:test';
import { afterAll, vi } from 'vitest';
import { forgetIsolate } from './forget-isolate.ts';

// One line per request is for those who run the Worker. Vitest would send each to another process, to be left out there.
const log = console.log;
console.log = (...said: readonly unknown[]) => {
  if (!String(said[0]).startsWith('{"event":"request"')) log(...said);
};

afterAll(async () => {
  console.log = log;
  vi.useRealTimers();
  await reset();
  forgetIsolate();
});
