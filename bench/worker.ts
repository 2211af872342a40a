/**
 * The Worker that is measured: the real application, and beside it what it is compared with, on the same
 * runtime, so that what it takes to reach a Worker at all is in all of them.
 * @module
 */

import { initSync } from '@cedar-policy/cedar-wasm/web';
import { type Enforcer, newEnforcer, newModel, StringAdapter } from 'casbin';
import { Hono } from 'hono';
import { z } from 'zod';
import module from '../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm?module';
import { createApp } from '../src/app.ts';
import { evaluateText, type PolicyTexts, requestOf } from '../src/cedar/engine.ts';
import { questionsOf } from '../src/cedar/entities.ts';
import { LatticeServiceSchema } from '../src/compiler/read/lattice/document-schemas.ts';
import type { Bindings } from '../src/http/environment.ts';
import { Isolate } from '../src/isolate.ts';
import { PolicySetRegistry } from '../src/policy-sets/registry.ts';
import { resolveVersion, versionOf } from '../src/policy-sets/repository.ts';
import { warmUp } from '../src/warm-up.ts';
import { CASBIN_MODEL, casbinPolicies, overrideOf, PRINCIPAL } from './policies.ts';

// The decision log would bury the tables.
console.log = () => {};

const isolate = new Isolate();
const bench = new Hono<{ Bindings: Bindings }>();

/** The cheapest answer that Hono can give. */
bench.get('/bench/constant', (context) => context.json({ status: 'ok' }));

/** What a route costs that only parses and checks a service, and gives it back. */
bench.post('/bench/echo', async (context) =>
  context.json(LatticeServiceSchema.parse(await context.req.json())),
);

const DecideSchema = z.object({
  how: z.enum(['sliced', 'sliced-seen', 'prepared', 'text', 'casbin']),
  set: z.string(),
  policies: z.coerce.number(),
  count: z.coerce.number(),
});

/** The number of the next override: nobody has asked for it before. */
let next = 0;

/** Decides some overrides, each never asked for before but where `how` says so. */
bench.post('/bench/decide', async (context) => {
  const { how, set, policies, count } = DecideSchema.parse(context.req.query());
  const decide = await deciderOf(context.env, how, set, policies);
  let allowed = 0;
  for (let index = 0; index < count; index += 1)
    if (await decide(how === 'sliced-seen' ? index : next++)) allowed += 1;
  return context.json({ allowed });
});

type Decider = (number: number) => boolean | Promise<boolean>;
const wholes = new Map<string, PolicyTexts>();
const enforcers = new Map<number, Enforcer>();

async function deciderOf(
  { POLICY_SETS: kv }: Bindings,
  how: z.output<typeof DecideSchema>['how'],
  set: string,
  policies: number,
): Promise<Decider> {
  if (how === 'casbin') {
    const enforcer =
      enforcers.get(policies) ??
      (await newEnforcer(newModel(CASBIN_MODEL), new StringAdapter(casbinPolicies(policies))));
    enforcers.set(policies, enforcer);
    const subject = `${PRINCIPAL.namespace}/${PRINCIPAL.name}`;
    return (number) => enforcer.enforce(subject, 'OverrideSecurity', overrideOf(number).id);
  }
  const store = { kv, memory: isolate.versions };
  const { basis, digest } = await resolveVersion(store, set, 'active', 30);
  const toQuestion = questionsOf(PRINCIPAL, basis.entities);
  if (how === 'sliced' || how === 'sliced-seen')
    return async (number) => (await basis.evaluate([toQuestion(overrideOf(number))]))[0]?.allowed === true;
  const whole = wholes.get(digest) ?? {
    key: digest,
    policies: (await (await versionOf(store, digest)).content()).policies,
  };
  wholes.set(digest, whole);
  return (number) => {
    const question = toQuestion(overrideOf(number));
    const request = requestOf(question, question.own);
    return (
      how === 'prepared'
        ? isolate.cedar.prepared.evaluate(whole, request)
        : evaluateText(whole.policies, request)
    ).allowed;
  };
}

/** How much memory Cedar has, in bytes. It never gives any back. */
bench.get('/bench/wasm-memory', (context) =>
  // It is instantiated already, and this answers with what it was given then.
  context.json({ bytes: initSync({ module }).memory.buffer.byteLength }),
);

const app = createApp(isolate);
void warmUp(app, isolate);

export default {
  fetch: (request: Request, env: Bindings, context: ExecutionContext): Response | Promise<Response> =>
    (request.url.includes('/bench/') ? bench : app).fetch(request, env, context),
};
export { PolicySetRegistry };
