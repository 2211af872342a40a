import { ApiKeySchema } from '../../access/key-schemas.ts';
import { revokeKey } from '../../access/manage-keys.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { permit } from '../../http/permit.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { settingsOf } from '../../http/settings-of.ts';
import { found, KeyParamsSchema, manageKeys, NO_STORE } from './key-request.ts';

/** `DELETE /keys/{id}` */
export function revokeApiKey(app: App): void {
  addOperation(app, {
    method: 'delete',
    path: '/keys/{id}',
    operationId: 'revokeApiKey',
    tag: 'Access',
    summary: 'Revoke an API key',
    description: 'Ends a key for good. It may be good for another minute where KV has not heard of it yet.',
    params: KeyParamsSchema,
    access: manageKeys,
    answer: { description: 'It is revoked.', content: { 'application/json': { schema: ApiKeySchema } } },
    problems: ['invalid-request', 'api-key-not-found'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { id } = readParams(context, KeyParamsSchema);
      const known = context.get('isolate').access.credentials(settingsOf(context));
      const revoked = await revokeKey(context.env.POLICY_SETS, id, known, (key) =>
        permit(context, [manageKeys()], key),
      );
      return jsonAnswer(found(id, revoked), NO_STORE);
    },
  });
}
