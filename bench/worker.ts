/**
 * The Worker that is measured: the real application, and beside it routes to compare it with. They run on the same
 * runtime, so the time that it takes to reach a Worker is part of all measurements.
 * @module
 */
import { initSync } from '@cedar-policy/cedar-wasm/web';
import { type Enforcer, newEnforcer, newModel, StringAdapter } from 'casbin';
import { Hono } from 'hono';
import { z } from 'zod';
import module from '../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm?module';
import { createApp } from '../src/app.ts';
import { evaluateText, type PolicyTexts, requestOf } from '../src/cedar/engine.ts';
import { questionsOf } from '../src/cedar/override-entities.ts';
import { LatticeServiceSchema } from '../src/compiler/read/lattice/document-schemas.ts';
import type { Bindings } from '../src/http/environment.ts';
import { Isolate } from '../src/isolate.ts';
import { resolveVersion, versionOf } from '../src/policy-sets/read-versions.ts';
import { PolicySetRegistry } from '../src/policy-sets/registry.ts';
import { warmUp } from '../src/warm-up.ts';
import { CASBIN_MODEL, casbinPolicies, overrideOf, PRINCIPAL } from './example-sets.ts';

// The lines of the decision log would appear between the tables.
console.log = () => {};

const isolate = new Isolate();
const bench = new Hono<{ Bindings: Bindings }>();

/** The cheapest answer that Hono can give. */
bench.get('/bench/constant', (context) => context.json({ status: 'ok' }));

/** A route that only parses a service, checks it, and returns it. */
bench.post('/bench/echo', async (context) =>
  context.json(LatticeServiceSchema.parse(await context.req.json())),
);

const DecideSchema = z.object({
  how: z.enum(['sliced', 'sliced-seen', 'prepared', 'text', 'casbin']),
  set: z.string(),
  policies: z.coerce.number(),
  count: z.coerce.number(),
});

/** Decides some overrides. Unless `how` says otherwise, nobody has asked for them before. */
bench.post('/bench/decide', async (context) => {
  const { how, set, policies, count } = DecideSchema.parse(context.req.query());
  const decide = await deciders.find(context.env.POLICY_SETS, how, set, policies);
  let allowed = 0;
  for (let index = 0; index < count; index += 1) {
    const number = how === 'sliced-seen' ? index : deciders.nextNumber();
    if (await decide(number)) allowed += 1;
  }
  return context.json({ allowed });
});

/** Whether the override of this number is permitted. */
type Decider = (number: number) => boolean | Promise<boolean>;

/** The ways to decide, with what they have prepared. */
class Deciders {
  readonly #isolate: Isolate;
  readonly #wholeSets = new Map<string, PolicyTexts>();
  readonly #enforcers = new Map<number, Enforcer>();
  #next = 0;

  constructor(isolate: Isolate) {
    this.#isolate = isolate;
  }

  /** The number of an override that nobody has asked for before. */
  nextNumber(): number {
    return this.#next++;
  }

  async find(
    kv: KVNamespace,
    how: z.output<typeof DecideSchema>['how'],
    set: string,
    policies: number,
  ): Promise<Decider> {
    if (how === 'casbin') return this.#byCasbin(policies);
    const store = { kv, memory: this.#isolate.versions };
    const { basis, digest } = await resolveVersion(store, set, 'active', 30);
    const toQuestion = questionsOf(PRINCIPAL, basis.entities);
    if (how === 'sliced' || how === 'sliced-seen')
      return async (number) => (await basis.evaluate([toQuestion(overrideOf(number))]))[0]?.allowed === true;
    const whole = await this.#wholeSet(digest, async () => (await versionOf(store, digest)).content());
    return (number) => {
      const question = toQuestion(overrideOf(number));
      const request = requestOf(question, question.own);
      const result =
        how === 'prepared'
          ? this.#isolate.cedar.prepared.evaluate(whole, request)
          : evaluateText(whole.policies, request);
      return result.allowed;
    };
  }

  async #byCasbin(policies: number): Promise<Decider> {
    const enforcer =
      this.#enforcers.get(policies) ??
      (await newEnforcer(newModel(CASBIN_MODEL), new StringAdapter(casbinPolicies(policies))));
    this.#enforcers.set(policies, enforcer);
    const subject = `${PRINCIPAL.namespace}/${PRINCIPAL.name}`;
    return (number) => enforcer.enforce(subject, 'OverrideSecurity', overrideOf(number).id);
  }

  /** The policies of a version, read once. */
  async #wholeSet(digest: string, read: () => Promise<Pick<PolicyTexts, 'policies'>>): Promise<PolicyTexts> {
    const whole = this.#wholeSets.get(digest) ?? { key: digest, policies: (await read()).policies };
    this.#wholeSets.set(digest, whole);
    return whole;
  }
}

const deciders = new Deciders(isolate);

/** The memory of Cedar's WebAssembly, in bytes. It only grows. */
bench.get('/bench/wasm-memory', (context) =>
  // Cedar is instantiated already, and this returns that instance.
  context.json({ bytes: initSync({ module }).memory.buffer.byteLength }),
);

const app = createApp(isolate);
void warmUp(app, isolate);

export default {
  fetch: (request: Request, env: Bindings, context: ExecutionContext): Response | Promise<Response> =>
    (request.url.includes('/bench/') ? bench : app).fetch(request, env, context),
};
export { PolicySetRegistry };
