import { z } from 'zod';
import { callerId } from '../cedar/caller.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { NameSchema } from '../compiler/model/names.ts';
import { PolicySetNameSchema } from '../policy-sets/model.ts';
import { PersonSchema } from '../policy-sets/person.ts';
import { within } from '../policy-sets/time-limit.ts';
import { AuthenticationError, type Identity, isConfined } from './identity.ts';

/**
 * What a key may be made for; `admin` is everything, `pin` decisions by other versions than the active one,
 * `admission` reviews for the API server of a cluster.
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
] as const;

const time = (description: string): z.ZodISODateTime =>
  z.iso
    .datetime()
    .meta({ description: `${description} (RFC 3339, UTC).`, examples: ['2026-01-01T00:00:00Z'] });

const boundField = <T extends z.ZodType>(item: T, description: string, example: string) =>
  z
    .array(item)
    .min(1)
    .max(LIMITS.keyBounds)
    .nullable()
    .default(null)
    .meta({ description, examples: [[example]] });

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

/** A key to make. */
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

const KeyIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'Expected 16 hexadecimal digits.')
  .meta({ id: 'ApiKeyId', description: 'The id of an API key.', examples: ['5f2b1c9d8e7a6f30'] });

export { KeyIdSchema };

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

/** What is known of a key; the key itself is not. */
export const ApiKeySchema = z
  .strictObject({
    id: KeyIdSchema,
    ...keyFields,
    createdAt: time('When it was created'),
    createdBy: z
      .string()
      .meta({ description: 'The caller that created it.', examples: ['tracewright#admin'] }),
    creator: PersonSchema.nullable()
      .default(null)
      .meta({ description: 'The person who created it; null when that was not noted yet.' }),
    expiresAt: time('Until when it is good'),
    revokedAt: time('When it was revoked').nullable(),
  })
  .meta({ id: 'ApiKey', description: 'An API key, without the key.', examples: [EXAMPLE] });
/** An API key, without the key itself. */
export type ApiKey = z.output<typeof ApiKeySchema>;

/** A key that was just created. */
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

/** As it is stored: strict, because a newer writer may mean a bound that we would not heed. */
const StoredKeySchema = z.strictObject({
  format: z.literal(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  key: ApiKeySchema,
});

const PREFIX = 'v1/keys/';
const FORM = /^tw_([0-9a-f]{16}|admin)_([A-Za-z0-9_-]{43})$/;

/** How long KV may take, in milliseconds. */
const TIMEOUT = 5_000;

/** Whether a bearer token is one of our keys, rather than a JWT. */
export function looksLikeKey(token: string): boolean {
  return token.startsWith('tw_');
}

/** Makes a key: its text, and the hash to keep. `id` is `admin` for the key of the configuration. */
export async function generateKey(id: string): Promise<{ key: string; hash: string }> {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const key = `tw_${id}_${base64Url(secret)}`;
  return { key, hash: await hashOf(key) };
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The SHA-256 of a key in hexadecimal. Keys hold 256 random bits: no slower hash would add anything. */
async function hashOf(key: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Compares without telling by its duration where two texts of the same length differ. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

/**
 * The identity behind a key.
 *
 * @param adminHash The hash of the admin key, if there is one.
 * @param kv Where the other keys are; undefined when they are not accepted.
 * @throws AuthenticationError
 */
export async function identifyKey(
  token: string,
  adminHash: string | undefined,
  kv: KVNamespace | undefined,
): Promise<Identity> {
  const [, id] = FORM.exec(token) ?? [];
  const unknown = new AuthenticationError('credentials-invalid', 'The key is not known.');
  if (id === undefined) throw unknown;
  const hash = await hashOf(token);
  if (id === 'admin') {
    if (adminHash === undefined || !sameText(hash, adminHash)) throw unknown;
    return {
      caller: {
        kind: 'admin-key',
        issuer: 'tracewright',
        subject: 'admin',
        scopes: ['admin'],
        groups: [],
        claims: {},
      },
      person: { id: 'tracewright#admin', name: 'the admin key' },
      expiresAt: undefined,
      bounds: undefined,
    };
  }
  if (kv === undefined)
    throw new AuthenticationError('credentials-invalid', 'API keys are not accepted here (API_KEYS).');
  const stored = await readStored(kv, id);
  // Only the holder of the key learns more than that.
  if (stored === undefined || !sameText(hash, stored.hash)) throw unknown;
  const { name, owner, scopes, policySets, namespaces, expiresAt, revokedAt } = stored.key;
  if (revokedAt !== null) throw new AuthenticationError('credentials-invalid', 'The key was revoked.');
  if (Date.parse(expiresAt) <= Date.now())
    throw new AuthenticationError('credentials-invalid', 'The key has expired.');
  return {
    caller: {
      kind: 'api-key',
      issuer: 'tracewright',
      subject: id,
      scopes: [...scopes],
      groups: [],
      claims: { name, owner },
    },
    person: { id: `tracewright#owner:${owner}`, name: `${owner} (key ${name})` },
    expiresAt,
    bounds: { scopes, policySets, namespaces, expiresAt },
  };
}

async function readStored(
  kv: KVNamespace,
  id: string,
): Promise<z.output<typeof StoredKeySchema> | undefined> {
  let text: string | null;
  try {
    text = await within(TIMEOUT, kv.get(`${PREFIX}${id}`, 'text'));
  } catch {
    throw new AuthenticationError('credentials-unavailable', 'The API keys cannot be read. Try again.');
  }
  return text === null ? undefined : parseStored(text);
}

function parseStored(text: string): z.output<typeof StoredKeySchema> {
  try {
    return StoredKeySchema.parse(JSON.parse(text));
  } catch {
    throw new AuthenticationError(
      'credentials-unavailable',
      'An API key is stored in a form we do not know.',
    );
  }
}

/** How long a key is good when nothing is said, in days. */
const DEFAULT_DAYS = 90;
const DAY = 86_400_000;

/** A key that is wanted, with the time when it will expire. */
export type PlannedKey = Omit<NewApiKey, 'expiresInDays'> & Pick<ApiKey, 'createdAt' | 'expiresAt'>;

/** What a wanted key would be, if its creator made it now. */
export function planKey({ expiresInDays, ...fields }: NewApiKey, creator: Identity): PlannedKey {
  const now = Date.now();
  const end = now + (expiresInDays ?? DEFAULT_DAYS) * DAY;
  // Only where the key does not say for how long: a time that was asked for is given or refused.
  const latest =
    expiresInDays === undefined && creator.bounds !== undefined && isConfined(creator.bounds)
      ? Date.parse(creator.bounds.expiresAt)
      : end;
  return {
    ...fields,
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(Math.min(end, latest)).toISOString(),
  };
}

/** Creates a key. Its text is in the answer and nowhere else. @throws AuthenticationError `credentials-unavailable` */
export async function createKey(
  kv: KVNamespace,
  { createdAt, expiresAt, ...fields }: PlannedKey,
  creator: Identity,
): Promise<z.output<typeof CreatedApiKeySchema>> {
  const id = toHex(crypto.getRandomValues(new Uint8Array(8)));
  const { key, hash } = await generateKey(id);
  const described: ApiKey = {
    id,
    ...fields,
    createdAt,
    createdBy: callerId(creator.caller),
    creator: creator.person,
    expiresAt,
    revokedAt: null,
  };
  await store(kv, { format: 1, hash, key: described });
  return { ...described, key };
}

/** What is known of a key; undefined when there is none. @throws AuthenticationError `credentials-unavailable` */
export async function readKey(kv: KVNamespace, id: string): Promise<ApiKey | undefined> {
  return (await readStored(kv, id))?.key;
}

/**
 * Revokes a key for good; undefined when there is none.
 *
 * @param mayRevoke Whether this key may be revoked; it throws when not.
 * @throws AuthenticationError `credentials-unavailable`
 */
export async function revokeKey(
  kv: KVNamespace,
  id: string,
  mayRevoke: (key: ApiKey) => Promise<void>,
): Promise<ApiKey | undefined> {
  const stored = await readStored(kv, id);
  if (stored === undefined) return undefined;
  await mayRevoke(stored.key);
  if (stored.key.revokedAt !== null) return stored.key;
  const key = { ...stored.key, revokedAt: new Date().toISOString() };
  await store(kv, { ...stored, key });
  return key;
}

async function store(kv: KVNamespace, value: z.output<typeof StoredKeySchema>): Promise<void> {
  try {
    await within(TIMEOUT, kv.put(`${PREFIX}${value.key.id}`, JSON.stringify(value)));
  } catch {
    throw new AuthenticationError('credentials-unavailable', 'The API key cannot be written. Try again.');
  }
}

/** A page of the keys, by id. @throws AuthenticationError `credentials-unavailable` */
export async function listKeys(
  kv: KVNamespace,
  limit: number,
  cursor: string | undefined,
): Promise<{ keys: ApiKey[]; next: string | undefined }> {
  let texts: (string | null)[];
  let next: string | undefined;
  try {
    const page = await within(
      TIMEOUT,
      kv.list({ prefix: PREFIX, limit, ...(cursor === undefined ? {} : { cursor }) }),
    );
    next = page.list_complete ? undefined : page.cursor;
    texts = await within(TIMEOUT, Promise.all(page.keys.map(({ name }) => kv.get(name, 'text'))));
  } catch {
    throw new AuthenticationError('credentials-unavailable', 'The API keys cannot be listed. Try again.');
  }
  return { keys: texts.flatMap((text) => (text === null ? [] : [parseStored(text).key])), next };
}
