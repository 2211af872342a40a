import type { Context } from 'hono';
import { z } from 'zod';
import type { AccessQuestion } from '../../cedar/decide-access.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { BODY_TYPES, jsonAnswer, readBody, readText } from '../../http/bodies.ts';
import type { Environment } from '../../http/environment.ts';
import { askedInBody, permit } from '../../http/guard.ts';
import { readObject } from '../../http/object-body.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { policySetProblem } from '../../http/policy-set-problem.ts';
import { readParams, readQuery } from '../../http/query.ts';
import { ChangeSchema, PolicySetSchema } from '../../policy-sets/change.ts';
import { PolicySetNameSchema, SetSummarySchema } from '../../policy-sets/model.ts';
import { listSets } from '../../policy-sets/repository.ts';
import {
  ask,
  CreateHeadersSchema,
  noSuchSet,
  openWrite,
  registryOf,
  revisionHeaders,
  WRITE_PROBLEMS,
  WriteHeadersSchema,
} from './writes.ts';

/** Asks for one action on the set of the path. */
export const ofSet =
  (action: 'read' | 'publish') =>
  (context: Context<Environment>): AccessQuestion => ({
    action,
    policySet: readParams(context, SetNameSchema).name,
  });

/** The path parameter of a set. */
export const setParams = {
  name: PolicySetNameSchema.meta({ description: 'The policy set.', examples: ['default'] }),
};
const SetParamsSchema = z.strictObject(setParams);
/** For paths with more parameters than the name. */
const SetNameSchema = z.object(setParams);
const NoQuerySchema = z.strictObject({});

const limitField = z.coerce
  .number()
  .int()
  .min(1)
  .max(LIMITS.page)
  .default(50)
  .meta({ description: 'How many entries, at most.', examples: [50] });
const SetPageQuerySchema = z.strictObject({
  limit: limitField,
  cursor: z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: '`nextCursor` of the page before.', examples: ['ZGVmYXVsdA=='] }),
});

/** Query parameters of a list in pages, newest first; its cursor is a number below which a page begins. */
export const PageQuerySchema = z.strictObject({
  limit: limitField,
  cursor: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/, 'Expected the nextCursor of another page.')
    .default(String(Number.MAX_SAFE_INTEGER))
    .transform(Number)
    .meta({ description: '`nextCursor` of the page before.', examples: ['151'] }),
});

/** Where the next page begins. */
export const nextCursorField = z
  .string()
  .nullable()
  .meta({ description: 'The `cursor` of the next page; null on the last.', examples: ['151'] });

const NewPolicySetSchema = z
  .strictObject({
    name: PolicySetNameSchema,
    description: z
      .string()
      .max(LIMITS.message)
      .default('')
      .meta({ description: 'What it is for.', examples: ['What production may run.'] }),
  })
  .meta({
    id: 'NewPolicySet',
    description: 'A policy set to create.',
    examples: [{ name: 'default', description: 'What production may run.' }],
  });

/** Why a change is made, for the history. */
export const reasonField = z
  .string()
  .max(LIMITS.message)
  .default('')
  .meta({ description: 'Why, for the history.', examples: ['Superseded by the set production.'] });

const ReasonSchema = z
  .strictObject({ reason: reasonField })
  .meta({ id: 'Reason', description: 'Why a change is made.', examples: [{ reason: 'Superseded.' }] });

/** What a GET of a set answers. */
export const StandingSchema = PolicySetSchema.extend({
  pendingWrites: z.int().meta({
    description: 'Writes that KV has not taken yet. While there are any, readers may see what was before.',
    examples: [0],
  }),
}).meta({
  id: 'PolicySetStanding',
  description: 'A policy set, and how much of it readers have yet to see.',
  examples: [
    {
      name: 'default',
      description: '',
      archived: false,
      createdAt: '2026-01-01T00:00:00Z',
      revision: 1,
      latest: null,
      aliases: [],
      corpus: null,
      pendingWrites: 0,
    },
  ],
});

const PolicySetListSchema = z
  .strictObject({
    policySets: z.array(SetSummarySchema).meta({ description: 'The sets, by name.' }),
    nextCursor: nextCursorField,
  })
  .meta({
    id: 'PolicySetList',
    description: 'A page of the policy sets.',
    examples: [{ policySets: [], nextCursor: null }],
  });

const HistorySchema = z
  .strictObject({
    changes: z.array(ChangeSchema).meta({ description: 'The changes, newest first.' }),
    nextCursor: nextCursorField,
  })
  .meta({
    id: 'PolicySetHistory',
    description: 'A page of the changes of a set.',
    examples: [{ changes: [], nextCursor: null }],
  });

/** `/policy-sets` and `/policy-sets/{name}` */
export function policySetRoutes(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets',
    operationId: 'listPolicySets',
    tag: 'Policy sets',
    summary: 'List the policy sets',
    description:
      'All policy sets by name, archived ones too. A set that was just created may take up to a minute to show (KV).',
    query: SetPageQuerySchema,
    answer: {
      description: 'A page of them.',
      content: { 'application/json': { schema: PolicySetListSchema } },
    },
    access: () => ({ action: 'read', policySet: undefined }),
    problems: ['invalid-request', 'policy-set-unavailable', 'policy-set-corrupt'],
    handle: async (context) => {
      const { limit, cursor } = readQuery(context.req.url, SetPageQuerySchema);
      const { sets, next } = await listSets(context.env.POLICY_SETS, limit, cursor).catch((error) => {
        throw policySetProblem(error);
      });
      const answer: z.output<typeof PolicySetListSchema> = { policySets: sets, nextCursor: next ?? null };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
  addOperation(app, {
    method: 'post',
    path: '/policy-sets',
    operationId: 'createPolicySet',
    tag: 'Policy sets',
    summary: 'Create a policy set',
    description:
      'Creates an empty policy set. Until a version is active, it permits nothing and compiles nothing.',
    headers: CreateHeadersSchema,
    body: {
      schema: NewPolicySetSchema,
      sample: { name: 'payments', description: 'What the payments team may run.' },
      description: 'Its name, and what it is for.',
    },
    answer: {
      description: 'It is there.',
      created: 'It was created.',
      content: { 'application/json': { schema: PolicySetSchema } },
    },
    access: askedInBody('publish'),
    problems: [
      ...WRITE_PROBLEMS.filter(
        (code) =>
          code !== 'policy-set-not-found' &&
          code !== 'policy-set-archived' &&
          !code.startsWith('precondition-'),
      ),
      'policy-set-exists',
    ],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { text, type } = await readBody(context.req.raw, BODY_TYPES);
      const { name, description } = readObject(readText(text, type), NewPolicySetSchema).value;
      await permit(context, [{ action: 'publish', policySet: name }]);
      const write = await openWrite(context, name, text, true);
      const { set } = write.replayed ?? (await write.commit({ kind: 'create', description, reason: '' }));
      return jsonAnswer(set, { ...revisionHeaders(set), location: `/policy-sets/${name}` }, 201);
    },
  });
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}',
    operationId: 'getPolicySet',
    tag: 'Policy sets',
    summary: 'Get a policy set',
    description:
      'A policy set as its single writer knows it: its latest version, its aliases, and the ETag that writes name in If-Match.',
    params: SetParamsSchema,
    answer: { description: 'The set.', content: { 'application/json': { schema: StandingSchema } } },
    access: ofSet('read'),
    problems: ['invalid-request', 'policy-set-not-found', 'policy-set-unavailable'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name } = readParams(context, SetParamsSchema);
      const standing = await ask(async () => registryOf(context.env, name).read());
      if (standing === undefined) throw noSuchSet(name);
      const answer: z.output<typeof StandingSchema> = {
        ...standing.set,
        pendingWrites: standing.pendingWrites,
      };
      return jsonAnswer(answer, revisionHeaders(standing.set));
    },
  });
  for (const [kind, operationId, summary, description] of [
    [
      'archive',
      'archivePolicySet',
      'Archive a policy set',
      'Ends changes to a set, and makes its aliases lead nowhere. Numbers and digests still do, so that what was compiled stays explicable.',
    ],
    ['restore', 'restorePolicySet', 'Restore an archived policy set', 'Undoes archiving.'],
  ] as const) {
    addOperation(app, {
      method: 'post',
      path: `/policy-sets/{name}/${kind}`,
      operationId,
      tag: 'Policy sets',
      summary,
      description,
      params: SetParamsSchema,
      headers: WriteHeadersSchema,
      body: { schema: ReasonSchema, description: 'Why; may be left out.', required: false },
      answer: { description: 'The set.', content: { 'application/json': { schema: PolicySetSchema } } },
      access: (context) => ({
        action: 'activate',
        policySet: readParams(context, SetParamsSchema).name,
        alias: undefined,
      }),
      problems: WRITE_PROBLEMS,
      handle: async (context) => {
        readQuery(context.req.url, NoQuerySchema);
        const { name } = readParams(context, SetParamsSchema);
        const { text, reason } = await readReason(context);
        const write = await openWrite(context, name, text);
        const { set } = write.replayed ?? (await write.commit({ kind, reason }));
        return jsonAnswer(set, revisionHeaders(set));
      },
    });
  }
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/history',
    operationId: 'listPolicySetHistory',
    tag: 'Policy sets',
    summary: 'List the changes of a policy set',
    description: 'Every change: what, who, when, why, before and after. Newest first.',
    params: SetParamsSchema,
    query: PageQuerySchema,
    answer: { description: 'A page of them.', content: { 'application/json': { schema: HistorySchema } } },
    access: ofSet('read'),
    problems: ['invalid-request', 'policy-set-not-found', 'policy-set-unavailable'],
    handle: async (context) => {
      const { name } = readParams(context, SetParamsSchema);
      const { limit, cursor } = readQuery(context.req.url, PageQuerySchema);
      const { items, next } = await ask(async () => registryOf(context.env, name).history(cursor, limit));
      // A set begins with its creation.
      if (items.length === 0 && cursor === Number.MAX_SAFE_INTEGER) throw noSuchSet(name);
      const answer: z.output<typeof HistorySchema> = {
        changes: [...items],
        nextCursor: next === undefined ? null : String(next),
      };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
}

async function readReason(context: Context<Environment>): Promise<{ text: string; reason: string }> {
  const { text, type } = await readBody(context.req.raw, BODY_TYPES);
  const documents = text.trim() === '' ? [] : readText(text, type);
  return { text, reason: readObject(documents, ReasonSchema).value.reason };
}
