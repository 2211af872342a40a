import { z } from 'zod';
import { covers } from '../../access/identity.ts';
import { ApiKeySchema } from '../../access/key-schemas.ts';
import { listKeys } from '../../access/key-storage.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { CursorPageQuerySchema, nextCursorField } from '../../http/paging.ts';
import { readQuery } from '../../http/query.ts';
import { identityOf, manageKeys, NO_STORE } from './key-request.ts';

const KeyListSchema = z
  .strictObject({
    keys: z.array(ApiKeySchema).meta({ description: 'The keys, by id; revoked and expired ones too.' }),
    nextCursor: nextCursorField,
  })
  .meta({
    id: 'ApiKeyList',
    description: 'A page of the API keys.',
    examples: [{ keys: [], nextCursor: null }],
  });

/** `GET /keys` */
export function listApiKeys(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/keys',
    operationId: 'listApiKeys',
    tag: 'Access',
    summary: 'List the API keys',
    description:
      'What is known of each key, revoked and expired ones too; never the keys themselves. A key that is confined to policy sets or namespaces sees those that are confined no less, so a page may have fewer entries than asked for, or none, before the last.',
    query: CursorPageQuerySchema,
    access: manageKeys,
    answer: { description: 'A page of them.', content: { 'application/json': { schema: KeyListSchema } } },
    problems: ['invalid-request'],
    handle: async (context) => {
      const { limit, cursor } = readQuery(context.req.url, CursorPageQuerySchema);
      const { keys, next } = await listKeys(context.env.POLICY_SETS, limit, cursor);
      const { bounds } = identityOf(context);
      const within = bounds === undefined ? keys : keys.filter((key) => covers(bounds, key));
      const answer: z.output<typeof KeyListSchema> = { keys: within, nextCursor: next ?? null };
      return jsonAnswer(answer, NO_STORE);
    },
  });
}
