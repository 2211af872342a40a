/**
 * The shapes of API keys as requests and answers have them. None of them holds a secret, except the answer that
 * creates a key.
 * @module
 */
import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';
import { NameSchema } from '../compiler/model/names.ts';
import { PersonSchema } from '../policy-sets/person.ts';
import { PolicySetNameSchema } from '../policy-sets/references.ts';
import { timeField } from '../policy-sets/time-field.ts';

/**
 * What an API key may be used for. `admin` covers everything, `pin` allows decisions by another version than the
 * active one, `admission` allows reviews for the API server of a cluster, and `describeImages` allows storing what
 * images start.
 */
export const SCOPES = [
  'admin',
  'compile',
  'authorize',
  'admission',
  'pin',
  'read',
  'publish',
  'activate',
  'describeImages',
] as const;

/** A list of names that a key is confined to; null does not confine it. */
const boundField = <T extends z.ZodType>(item: T, description: string, example: string) =>
  z
    .array(item)
    .min(1)
    .max(LIMITS.keyBounds)
    .nullable()
    .default(null)
    .meta({ description, examples: [[example]] });

/** The fields that a key has from its creation. */
const keyFields = {
  name: z
    .string()
    .min(1)
    .max(100)
    .meta({ description: 'What it is for.', examples: ['CI of the shop'] }),
  owner: z
    .string()
    .min(1)
    .max(200)
    .meta({
      description: 'Who answers for it. For the two-person rule, keys of one owner are one person.',
      examples: ['ada@example.org'],
    }),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .meta({ description: 'What it may be used for.', examples: [['compile']] }),
  policySets: boundField(PolicySetNameSchema, 'The policy sets it is confined to; null: any.', 'default'),
  namespaces: boundField(
    NameSchema,
    'The namespaces whose services it may compile or authorize; null: any.',
    'production',
  ),
};

/** The body that creates an API key. */
export const NewApiKeySchema = z
  .strictObject({
    ...keyFields,
    expiresInDays: z
      .int()
      .min(1)
      .max(LIMITS.keyDays)
      .optional()
      .meta({
        description:
          'For how many days it is good. Left out: 90, or until the key that creates it expires, when that is confined and expires sooner.',
        examples: [90],
      }),
  })
  .meta({
    id: 'NewApiKey',
    description: 'An API key to create.',
    examples: [{ name: 'CI of the shop', owner: 'ada@example.org', scopes: ['compile'] }],
  });
/** An API key to create. */
export type NewApiKey = z.output<typeof NewApiKeySchema>;

/** The id of an API key: 16 hexadecimal digits. It is part of the key, and no secret. */
export const KeyIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'Expected 16 hexadecimal digits.')
  .meta({ id: 'ApiKeyId', description: 'The id of an API key.', examples: ['5f2b1c9d8e7a6f30'] });

const EXAMPLE = {
  id: '5f2b1c9d8e7a6f30',
  name: 'CI of the shop',
  owner: 'ada@example.org',
  scopes: ['compile' as const],
  policySets: null,
  namespaces: ['shop'],
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'tracewright#admin',
  creator: { id: 'tracewright#admin', name: 'the admin key' },
  expiresAt: '2026-04-01T00:00:00Z',
  revokedAt: null,
};

/** An API key as it is listed. The secret is not part of it: nobody can read it again. */
export const ApiKeySchema = z
  .strictObject({
    id: KeyIdSchema,
    ...keyFields,
    createdAt: timeField('When it was created'),
    createdBy: z
      .string()
      .meta({ description: 'The caller that created it.', examples: ['tracewright#admin'] }),
    creator: PersonSchema.nullable()
      .default(null)
      .meta({ description: 'The person who created it; null when that was not noted yet.' }),
    expiresAt: timeField('Until when it is good'),
    revokedAt: timeField('When it was revoked').nullable(),
  })
  .meta({ id: 'ApiKey', description: 'An API key, without the key.', examples: [EXAMPLE] });
/** An API key, without the key itself. */
export type ApiKey = z.output<typeof ApiKeySchema>;

/** The answer that creates an API key: the only one that holds the secret. */
export const CreatedApiKeySchema = ApiKeySchema.extend({
  key: z.string().meta({
    description: 'The key. It is shown this once; only its hash is kept.',
    examples: ['tw_5f2b1c9d8e7a6f30_uVb0mQm0Xl3sGq3f6mYk1a6t9m2v3b8c4d5e6f7g8h9'],
  }),
}).meta({
  id: 'CreatedApiKey',
  description: 'An API key that was just created.',
  examples: [{ ...EXAMPLE, key: 'tw_5f2b1c9d8e7a6f30_uVb0mQm0Xl3sGq3f6mYk1a6t9m2v3b8c4d5e6f7g8h9' }],
});
