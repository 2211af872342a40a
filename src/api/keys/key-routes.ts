import type { Context } from 'hono';
import { z } from 'zod';
import { covers, type Identity } from '../../access/identity.ts';
import { ApiKeySchema, CreatedApiKeySchema, KeyIdSchema, NewApiKeySchema } from '../../access/key-schemas.ts';
import { listKeys, readKey } from '../../access/key-storage.ts';
import { createKey, planKey, revokeKey } from '../../access/manage-keys.ts';
import { CallerSchema } from '../../cedar/caller.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { BODY_TYPES, jsonAnswer, readBody, readText } from '../../http/bodies.ts';
import type { Environment } from '../../http/environment.ts';
import { askedInBody } from '../../http/guard.ts';
import { readObject } from '../../http/object-body.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { nextCursorField } from '../../http/paging.ts';
import { permit } from '../../http/permit.ts';
import { Problem } from '../../http/problems.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { settingsOf } from '../../http/settings-of.ts';
import { PersonSchema } from '../../policy-sets/person.ts';

const KeyParamsSchema = z.strictObject({
  id: KeyIdSchema.meta({ description: 'The id of the key.', examples: ['5f2b1c9d8e7a6f30'] }),
});
const KeyPageQuerySchema = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMITS.page)
    .default(50)
    .meta({ description: 'How many entries, at most.', examples: [50] }),
  cursor: z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: '`nextCursor` of the page before.', examples: ['ZGVmYXVsdA=='] }),
});
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
export const KnownCallerSchema = CallerSchema.extend({
  person: PersonSchema.meta({
    description: 'The person behind the caller, as the history and the log name them.',
  }),
  keyExpiresAt: z.iso
    .datetime()
    .nullable()
    .meta({
      description: 'When the API key expires (RFC 3339, UTC); null for callers without one.',
      examples: ['2026-04-01T00:00:00Z'],
    }),
}).meta({
  id: 'KnownCaller',
  description: 'Who calls, and who stands behind it.',
  examples: [
    {
      kind: 'oidc',
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'repo:acme/shop:ref:refs/heads/main',
      scopes: [],
      groups: [],
      repository: 'acme/shop',
      ref: 'refs/heads/main',
      claims: { actor: 'ada', actor_id: '583231' },
      person: { id: 'https://token.actions.githubusercontent.com#583231', name: 'ada' },
      keyExpiresAt: null,
    },
  ],
});
const NO_STORE = { 'cache-control': 'no-store' };
const manageKeys = () => ({ action: 'manageKeys', scopes: undefined }) as const;

/** `/keys`, `/keys/{id}` and `/caller` */
export function keyRoutes(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/keys',
    operationId: 'listApiKeys',
    tag: 'Access',
    summary: 'List the API keys',
    description:
      'What is known of each key, revoked and expired ones too; never the keys themselves. A key that is confined to policy sets or namespaces sees those that are confined no less, so a page may have fewer entries than asked for, or none, before the last.',
    query: KeyPageQuerySchema,
    access: manageKeys,
    answer: { description: 'A page of them.', content: { 'application/json': { schema: KeyListSchema } } },
    problems: ['invalid-request'],
    handle: async (context) => {
      const { limit, cursor } = readQuery(context.req.url, KeyPageQuerySchema);
      const { keys, next } = await listKeys(context.env.POLICY_SETS, limit, cursor);
      const { bounds } = identityOf(context);
      const within = bounds === undefined ? keys : keys.filter((key) => covers(bounds, key));
      const answer: z.output<typeof KeyListSchema> = { keys: within, nextCursor: next ?? null };
      return jsonAnswer(answer, NO_STORE);
    },
  });
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
      description: 'It is there.',
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
        throw new Problem('not-configured', 'API keys are not accepted here: set API_KEYS to on.');
      const created = await createKey(context.env.POLICY_SETS, planned, identity);
      return jsonAnswer(created, { ...NO_STORE, location: `/keys/${created.id}` }, 201);
    },
  });
  addOperation(app, {
    method: 'get',
    path: '/keys/{id}',
    operationId: 'getApiKey',
    tag: 'Access',
    summary: 'Get an API key',
    description: 'What is known of a key; never the key itself.',
    params: KeyParamsSchema,
    access: manageKeys,
    answer: { description: 'It.', content: { 'application/json': { schema: ApiKeySchema } } },
    problems: ['invalid-request', 'api-key-not-found'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { id } = readParams(context, KeyParamsSchema);
      const key = found(id, await readKey(context.env.POLICY_SETS, id));
      await permit(context, [manageKeys()], key);
      return jsonAnswer(key, NO_STORE);
    },
  });
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
      const revoked = await revokeKey(context.env.POLICY_SETS, id, (key) =>
        permit(context, [manageKeys()], key),
      );
      return jsonAnswer(found(id, revoked), NO_STORE);
    },
  });
  addOperation(app, {
    method: 'get',
    path: '/caller',
    operationId: 'getCaller',
    tag: 'Access',
    summary: 'Who am I?',
    description: 'The caller as management policies see it: what a policy about a pipeline can speak of.',
    access: 'caller',
    answer: { description: 'You.', content: { 'application/json': { schema: KnownCallerSchema } } },
    problems: ['invalid-request'],
    handle: (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { caller, person, expiresAt } = identityOf(context);
      const answer: z.output<typeof KnownCallerSchema> = {
        ...caller,
        person,
        keyExpiresAt: expiresAt ?? null,
      };
      return jsonAnswer(answer, NO_STORE);
    },
  });
}

function identityOf(context: Context<Environment>): Identity {
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('An operation without a caller.');
  return identity;
}

function found<T>(id: string, key: T | undefined): T {
  if (key === undefined) throw new Problem('api-key-not-found', `There is no API key ${id}.`);
  return key;
}
