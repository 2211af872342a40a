import { ApiKeySchema } from '../../access/key-schemas.ts';
import { readKey } from '../../access/key-storage.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { permit } from '../../http/permit.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { found, KeyParamsSchema, manageKeys, NO_STORE } from './key-request.ts';

/** `GET /keys/{id}` */
export function getApiKey(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/keys/{id}',
    operationId: 'getApiKey',
    tag: 'Access',
    summary: 'Get an API key',
    description: 'What is known of a key; never the key itself.',
    params: KeyParamsSchema,
    access: manageKeys,
    answer: { description: 'The key.', content: { 'application/json': { schema: ApiKeySchema } } },
    problems: ['invalid-request', 'api-key-not-found'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { id } = readParams(context, KeyParamsSchema);
      const key = found(id, await readKey(context.env.POLICY_SETS, id));
      await permit(context, [manageKeys()], key);
      return jsonAnswer(key, NO_STORE);
    },
  });
}
