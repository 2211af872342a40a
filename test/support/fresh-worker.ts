/**
 * Leaves nothing of a test file to the next one, which the same process of workerd runs: neither what is in KV and
 * in Durable Objects, nor what the Worker remembers, nor a clock that was set. Vitest restores what was spied on.
 * @module
 */
import { listDurableObjectIds, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
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
  // An object that nobody has asked for ten seconds is in memory no longer, and only those in memory are emptied: KV is
  // one, too.
  const objects = env.POLICY_SET_REGISTRY;
  const ids = await listDurableObjectIds(objects);
  // One whose class was loaded again refuses to answer, and is in memory all the same.
  await Promise.allSettled([env.POLICY_SETS.list({ limit: 1 }), ...ids.map((id) => objects.get(id).read())]);
  await reset();
  forgetIsolate();
});
