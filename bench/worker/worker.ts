/**
 * The Worker that is measured: the real application, and beside it routes to compare it with. They run on the same
 * runtime, so the time that it takes to reach a Worker is part of all measurements.
 *
 * It is also built against the `src` of other checkouts (`--before`). So it imports only what changes rarely.
 * @module
 */
import { initSync } from '@cedar-policy/cedar-wasm/web';
import { Hono } from 'hono';
import { load } from 'js-yaml';
import module from '../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm?module';
import { createApp } from '../../src/app.ts';
import { LatticeServiceSchema } from '../../src/compiler/read/lattice/document-schemas.ts';
import type { Bindings } from '../../src/http/environment.ts';
import { Isolate } from '../../src/isolate.ts';
import { PolicySetRegistry } from '../../src/policy-sets/registry.ts';
import { warmUp } from '../../src/warm-up.ts';
import { peerRoutes } from './peers.ts';

const bench = new Hono<{ Bindings: Bindings }>();

/** The cheapest answer that Hono can give. */
bench.get('/reference/constant', (context) => context.json({ status: 'ok' }));

/** A route that only parses a service, checks it, and returns it. */
bench.post('/reference/echo', async (context) =>
  context.json(LatticeServiceSchema.parse(await context.req.json())),
);

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  json: (text) => JSON.parse(text),
  yaml: (text) => load(text),
};

/** A route that reads a body and parses it so many times, and answers a constant. */
bench.post('/reference/parse/:parser/:times', async (context) => {
  const parse = PARSERS[context.req.param('parser')];
  if (parse === undefined) return context.notFound();
  const text = await context.req.text();
  for (let time = 0; time < Number(context.req.param('times')); time += 1) parse(text);
  return context.json({ status: 'ok' });
});

/** The memory of Cedar's WebAssembly, in bytes. It only grows. */
bench.get('/reference/wasm-memory', (context) =>
  // Cedar is instantiated already, and this returns that instance.
  context.json({ bytes: initSync({ module }).memory.buffer.byteLength }),
);

bench.route('/', peerRoutes());

const isolate = new Isolate();
const app = createApp(isolate);
void warmUp(app, isolate);

/**
 * The bindings with a rate limiter that every request is counted by and none is stopped by. The one that Miniflare simulates
 * runs in an isolate of its own, and calling it costs more than most requests.
 */
class Limited {
  readonly #known = new WeakMap<Bindings, Bindings>();

  of(env: Bindings): Bindings {
    const known = this.#known.get(env) ?? { ...env, RATE_LIMITER: newLimiter() };
    this.#known.set(env, known);
    return known;
  }
}

function newLimiter(): RateLimit {
  const counts = new Map<string, number>();
  return {
    limit: async ({ key }) => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count < Number.MAX_SAFE_INTEGER };
    },
  };
}

const limited = new Limited();

export default {
  fetch: (request: Request, env: Bindings, context: ExecutionContext): Response | Promise<Response> =>
    (request.url.includes('/reference/') ? bench : app).fetch(request, limited.of(env), context),
};
export { PolicySetRegistry };
