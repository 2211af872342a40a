import type { Context } from 'hono';
import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { Problem } from '../../http/problems.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { BODY_TYPES, readBody, readText } from '../../http/read-body.ts';
import { readByVersion } from '../../judgement/read-by-version.ts';
import { withStoredImages } from '../../judgement/stored-images.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { AliasStateSchema } from '../../policy-sets/policy-set-schemas.ts';
import { MANAGEMENT_SET, ReferenceSchema } from '../../policy-sets/references.ts';
import { forgetAlias } from '../../policy-sets/version-pointers.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';
import { AliasParamsSchema } from './alias-params.ts';
import { type FoundVersion, findVersion } from './find-version.ts';
import { corpusServices, impactOf } from './impact.ts';
import { reasonField } from './reason.ts';
import { openWrite, revisionHeaders, WRITE_PROBLEMS, WriteHeadersSchema } from './writes.ts';

const AliasRequestSchema = z
  .strictObject({
    version: z
      .union([z.int().min(1).transform(String), ReferenceSchema], {
        error: 'Expected a version number, a digest or another alias.',
      })
      .meta({
        description: 'The version that the alias is to point at: a number, a digest or another alias.',
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
    description: 'The version that an alias is to point at, and why.',
    examples: [{ version: 7, reason: 'Roll back: version 8 is too strict.' }],
  });

/** `PUT /policy-sets/{name}/aliases/{alias}` */
export function setAlias(app: App): void {
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
    handle: answerSetAlias,
  });
}

/** Makes the alias of the path point at the version of the body. */
async function answerSetAlias(context: Context<Environment>): Promise<Response> {
  readQuery(context.req.url, NoQuerySchema);
  const { name, alias } = readParams(context, AliasParamsSchema);
  const { text, type } = await readBody(context.req.raw, BODY_TYPES);
  const { version, reason, requireNoNewDenials } = readObject(readText(text, type), AliasRequestSchema).value;
  const write = await openWrite(context, name, text);
  const order = { kind: 'point', alias, reference: version, reason } as const;
  let done = write.replayed;
  if (done === undefined && requireNoNewDenials) {
    const { set } = write.standing();
    const held = set.aliases.find((each) => each.alias === alias);
    const candidate = await findWithoutNewDenials(context, name, version, held?.digest);
    // The version that was compared must be the one that is written: by its digest, at the revision that was read.
    done = await write.commit({ ...order, reference: candidate.summary.digest }, set.revision);
  }
  done ??= await write.commit(order);
  const { versions, access } = context.get('isolate');
  forgetAlias(versions, name, alias);
  if (name === MANAGEMENT_SET) access.forgetManagementAbsent(context.env.POLICY_SETS);
  return jsonAnswer(done.alias, revisionHeaders(done.set));
}

/**
 * Finds a version, and tries it on the corpus of its set.
 *
 * @param now The digest of the version that the alias points at; undefined when it points at none.
 * @throws Problem `new-denials` when the version denies what is permitted now; `corpus-missing`
 */
async function findWithoutNewDenials(
  context: Context<Environment>,
  name: string,
  version: string,
  now: string | undefined,
): Promise<FoundVersion> {
  const corpus = await corpusServices(context.env, name);
  const candidate = await findVersion(context, name, version);
  const base = now === undefined ? undefined : await findVersion(context, name, now);
  const read = (by: ResolvedVersion): Promise<WorkloadBody> =>
    withStoredImages(context, readByVersion(corpus, by));
  const { changes } = await impactOf(read, base, candidate);
  const denied = changes.filter(({ after }) => after?.decision === 'deny');
  if (denied.length === 0) return candidate;
  const count = denied.length === 1 ? '1 decision' : `${denied.length} decisions`;
  throw new Problem(
    'new-denials',
    `Version ${candidate.summary.version} would deny ${count} of the corpus that ${denied.length === 1 ? 'is' : 'are'} permitted now. The alias was not moved.`,
    { changes: denied },
  );
}
