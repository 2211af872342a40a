import { z } from 'zod';
import { BODY_TYPES, jsonAnswer, readBody, readText } from '../../http/bodies.ts';
import { readObject } from '../../http/object-body.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { Problem } from '../../http/problems.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { AliasStateSchema } from '../../policy-sets/change.ts';
import { AliasSchema, MANAGEMENT_SET, ReferenceSchema } from '../../policy-sets/references.ts';
import { forgetAlias } from '../../policy-sets/version-pointers.ts';
import { findVersion } from './find-version.ts';
import { corpusServices, impactOf } from './impact.ts';
import { reasonField } from './reason.ts';
import { ofSet, setParams } from './set-params.ts';
import {
  ask,
  noSuchSet,
  openWrite,
  registryOf,
  revisionHeaders,
  WRITE_PROBLEMS,
  WriteHeadersSchema,
} from './writes.ts';

const AliasParamsSchema = z.strictObject({
  ...setParams,
  alias: AliasSchema.meta({ description: 'The alias.', examples: ['active'] }),
});

const AliasRequestSchema = z
  .strictObject({
    version: z
      .union([z.int().min(1).transform(String), ReferenceSchema], {
        error: 'Expected a version number, a digest or another alias.',
      })
      .meta({
        description: 'The version it shall point at: a number, a digest or another alias.',
        examples: [1],
      }),
    reason: reasonField,
    requireNoNewDenials: z
      .boolean()
      .default(false)
      .meta({
        description:
          "Refuse when the version would deny anything of the set's corpus that is permitted by what the alias points at now.",
        examples: [true],
      }),
  })
  .meta({
    id: 'AliasRequest',
    description: 'Where an alias shall point.',
    examples: [{ version: 7, reason: 'Roll back: version 8 is too strict.' }],
  });

/** `/policy-sets/{name}/aliases/{alias}` */
export function policySetAliasRoutes(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/aliases/{alias}',
    operationId: 'getPolicySetAlias',
    tag: 'Policy sets',
    summary: 'Get an alias',
    description: 'Where an alias points, as the single writer of the set knows it.',
    params: AliasParamsSchema,
    answer: { description: 'The alias.', content: { 'application/json': { schema: AliasStateSchema } } },
    access: ofSet('read'),
    problems: [
      'invalid-request',
      'policy-set-not-found',
      'policy-set-version-not-found',
      'policy-set-unavailable',
    ],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name, alias } = readParams(context, AliasParamsSchema);
      const standing = await ask(async () => registryOf(context.env, name).read());
      if (standing === undefined) throw noSuchSet(name);
      const state = standing.set.aliases.find((each) => each.alias === alias);
      if (state === undefined)
        throw new Problem('policy-set-version-not-found', `The policy set ${name} has no alias ${alias}.`);
      return jsonAnswer(state, revisionHeaders(standing.set));
    },
  });
  addOperation(app, {
    method: 'put',
    path: '/policy-sets/{name}/aliases/{alias}',
    operationId: 'setPolicySetAlias',
    tag: 'Policy sets',
    summary: 'Activate a version, or roll back',
    description:
      'Makes an alias point at a version. `active` is what decides when a request names no version. Other locations follow within about a minute (KV).',
    params: AliasParamsSchema,
    headers: WriteHeadersSchema,
    body: {
      schema: AliasRequestSchema,
      sample: { version: 1, reason: 'Roll back: version 2 is too strict.' },
      description: 'The version, and why.',
    },
    answer: {
      description: 'The alias points there.',
      content: { 'application/json': { schema: AliasStateSchema } },
    },
    access: (context) => {
      const { name, alias } = readParams(context, AliasParamsSchema);
      return { action: 'activate', policySet: name, alias };
    },
    problems: [
      'two-people-required',
      ...new Set([...WRITE_PROBLEMS, ...DECISION_PROBLEMS]),
      'new-denials',
      'corpus-missing',
    ],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name, alias } = readParams(context, AliasParamsSchema);
      const { text, type } = await readBody(context.req.raw, BODY_TYPES);
      const { version, reason, requireNoNewDenials } = readObject(
        readText(text, type),
        AliasRequestSchema,
      ).value;
      const write = await openWrite(context, name, text);
      const order = { kind: 'point', alias, reference: version, reason } as const;
      let done = write.replayed;
      if (done === undefined && requireNoNewDenials) {
        const { set } = write.standing();
        const services = await corpusServices(context.env, name);
        const candidate = await findVersion(context, name, version);
        const held = set.aliases.find((each) => each.alias === alias);
        const base = held === undefined ? undefined : await findVersion(context, name, held.digest);
        const denied = (await impactOf(services, base, candidate)).changes.filter(
          ({ after }) => after?.decision === 'deny',
        );
        if (denied.length > 0) {
          const count = denied.length === 1 ? '1 decision' : `${denied.length} decisions`;
          throw new Problem(
            'new-denials',
            `Version ${candidate.summary.version} would deny ${count} of the corpus that ${denied.length === 1 ? 'is' : 'are'} permitted now. The alias was not moved.`,
            { changes: denied },
          );
        }
        // What was compared must be what is written: by digest, and at the revision that was read.
        done = await write.commit({ ...order, reference: candidate.summary.digest }, set.revision);
      }
      done ??= await write.commit(order);
      const { versions, access } = context.get('isolate');
      forgetAlias(versions, name, alias);
      if (name === MANAGEMENT_SET) access.forgetManagementAbsent(context.env.POLICY_SETS);
      return jsonAnswer(done.alias, revisionHeaders(done.set));
    },
  });
}
