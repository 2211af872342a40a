import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { nextCursorField, PageQuerySchema } from '../../http/paging.ts';
import { readParams, readQuery } from '../../http/query.ts';
import { ChangeSchema } from '../../policy-sets/policy-set-schemas.ts';
import { ofSet, SetParamsSchema } from './set-params.ts';
import { ask, noSuchSet, registryOf } from './writes.ts';

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

/** `GET /policy-sets/{name}/history` */
export function listPolicySetHistory(app: App): void {
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
