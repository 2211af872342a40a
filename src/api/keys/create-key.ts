import { CreatedApiKeySchema, NewApiKeySchema } from '../../access/key-schemas.ts';
import { createKey, planKey } from '../../access/manage-keys.ts';
import { jsonAnswer } from '../../http/answers.ts';
import { askedInBody } from '../../http/guard.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { permit } from '../../http/permit.ts';
import { Problem } from '../../http/problems.ts';
import { NoQuerySchema, readQuery } from '../../http/query.ts';
import { BODY_TYPES, readBody, readText } from '../../http/read-body.ts';
import { settingsOf } from '../../http/settings-of.ts';
import { identityOf, NO_STORE } from './key-request.ts';

/** `POST /keys` */
export function createApiKey(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/keys',
    operationId: 'createApiKey',
    tag: 'Access',
    summary: 'Create an API key',
    description:
      'Creates a key and shows it, this once: only its hash is kept. A key that is confined to policy sets or namespaces creates keys that are confined no less and expire no later.',
    body: { schema: NewApiKeySchema, description: 'What it is for, and what it may be used for.' },
    access: askedInBody('manageKeys'),
    answer: {
      description: 'The key.',
      created: 'It was created. It may take a minute until it is known everywhere.',
      content: { 'application/json': { schema: CreatedApiKeySchema } },
    },
    problems: ['malformed-body', 'body-too-large', 'unsupported-media-type', 'invalid-request'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { text, type } = await readBody(context.req.raw, BODY_TYPES);
      const wanted = readObject(readText(text, type), NewApiKeySchema).value;
      const identity = identityOf(context);
      const planned = planKey(wanted, identity);
      await permit(context, [{ action: 'manageKeys', scopes: wanted.scopes }], planned);
      if (!settingsOf(context).apiKeys)
        throw new Problem(
          'not-configured',
          'API keys are not accepted here. To accept them, set API_KEYS to on in [vars] of wrangler.toml (docs/settings.md).',
        );
      const created = await createKey(context.env.POLICY_SETS, planned, identity);
      return jsonAnswer(created, { ...NO_STORE, location: `/keys/${created.id}` }, 201);
    },
  });
}
