import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { CursorPageQuerySchema, nextCursorField } from '../../http/paging.ts';
import { readQuery } from '../../http/query.ts';
import { SetSummarySchema } from '../../policy-sets/kv-keys.ts';
import { listSets } from '../../policy-sets/set-list.ts';

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

/** `GET /policy-sets` */
export function listPolicySets(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets',
    operationId: 'listPolicySets',
    tag: 'Policy sets',
    summary: 'List the policy sets',
    description:
      'All policy sets by name, archived ones too. A set that was just created may take up to a minute to show (KV).',
    query: CursorPageQuerySchema,
    answer: {
      description: 'A page of them.',
      content: { 'application/json': { schema: PolicySetListSchema } },
    },
    access: () => ({ action: 'read', policySet: undefined }),
    problems: ['invalid-request', 'policy-set-unavailable', 'policy-set-corrupt'],
    handle: async (context) => {
      const { limit, cursor } = readQuery(context.req.url, CursorPageQuerySchema);
      const { sets, next } = await listSets(context.env.POLICY_SETS, limit, cursor);
      const answer: z.output<typeof PolicySetListSchema> = { policySets: sets, nextCursor: next ?? null };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
}
