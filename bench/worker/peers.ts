/**
 * Cedar with the whole set and casbin, in the measured Worker: what they decide by is the same as what our index has.
 * @module
 */
import { type EntityJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/web';
import { type Enforcer, newEnforcer, newModel, StringAdapter } from 'casbin';
import { Hono } from 'hono';
import { z } from 'zod';
import { ASKED, namespaceSet, namespacesOf } from '../sets/namespace-set.ts';

const QuestionSchema = z.object({
  principal: z.object({ namespace: z.string(), name: z.string(), labels: z.record(z.string(), z.string()) }),
  overrides: z.array(z.string()),
});
type Question = z.output<typeof QuestionSchema>;

/** Decides about each override of a question. */
type Engine = (question: Question) => boolean[] | Promise<boolean[]>;

const ENGINES: Readonly<Record<string, (count: number) => Engine | Promise<Engine>>> = {
  cedar: wholeSet,
  casbin: byCasbin,
};

/** The routes `/reference/peers/<engine>/<policies>`, which take the body of `POST /authorize`. */
export function peerRoutes(): Hono {
  const engines = new Map<string, Promise<Engine>>();
  const routes = new Hono();
  routes.post('/reference/peers/:engine/:count', async (context) => {
    const { engine, count } = context.req.param();
    const make = ENGINES[engine];
    if (make === undefined) return context.notFound();
    const name = `${engine} ${count}`;
    const known = engines.get(name) ?? Promise.resolve(make(Number(count)));
    engines.set(name, known);
    const decide = await known;
    const decisions = await decide(QuestionSchema.parse(await context.req.json()));
    return context.json({
      decisions: decisions.map((allowed) => ({ decision: allowed ? 'allow' : 'deny' })),
    });
  });
  return routes;
}

/** Cedar, which parsed all policies before. */
function wholeSet(count: number): Engine {
  const name = `bench-${count}`;
  const answer = preparsePolicySet(name, { staticPolicies: namespaceSet(count).policies });
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message);
  return ({ principal, overrides }) =>
    overrides.map((override) => {
      const resource = { type: 'Lattice::SecurityOverride', id: override };
      const result = statefulIsAuthorized({
        principal: serviceOf(principal).uid,
        action: { type: 'Lattice::Action', id: 'OverrideSecurity' },
        resource,
        context: { implicit: false },
        entities: [
          serviceOf(principal),
          { uid: resource, attrs: { override_id: override, category: 'binary' }, parents: [] },
        ],
        preparsedPolicySetId: name,
      });
      if (result.type === 'failure') throw new Error(result.errors[0]?.message);
      return result.response.decision === 'allow';
    });
}

function serviceOf({ namespace, name, labels }: Question['principal']): EntityJson & {
  readonly uid: { type: string; id: string };
} {
  return {
    uid: { type: 'Lattice::Service', id: `${namespace}/${name}` },
    attrs: {
      namespace,
      name,
      kind: 'service',
      labels: Object.entries(labels).map(([key, value]) => ({ key, value })),
    },
    parents: [{ type: 'Lattice::Namespace', id: namespace }],
    tags: labels,
  };
}

const CASBIN_MODEL = `
[request_definition]
r = namespace, service, override
[policy_definition]
p = who, override
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = (r.namespace == p.who || r.service == p.who) && r.override == p.override
`;

async function byCasbin(count: number): Promise<Engine> {
  const lines = [...Array(namespacesOf(count)).keys()].flatMap((number) => [
    `p, team-${number}, ${ASKED}`,
    `p, team-${number}/worker, allowedBinary:/opt/worker/bin/tool-${(2 * number + 1) % 7}`,
  ]);
  const enforcer: Enforcer = await newEnforcer(newModel(CASBIN_MODEL), new StringAdapter(lines.join('\n')));
  return ({ principal: { namespace, name }, overrides }) =>
    Promise.all(overrides.map((override) => enforcer.enforce(namespace, `${namespace}/${name}`, override)));
}
