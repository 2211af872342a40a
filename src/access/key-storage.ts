/**
 * Reads and writes API keys in KV.
 * @module
 */
import { z } from 'zod';
import { within } from '../policy-sets/time-limit.ts';
import { AuthenticationError } from './identity.ts';
import { type ApiKey, ApiKeySchema } from './key-schemas.ts';

/**
 * An API key as it is stored. The schema is strict: a field that this release does not know may be a bound that it
 * would ignore.
 */
const StoredKeySchema = z.strictObject({
  format: z.literal(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  key: ApiKeySchema,
});

/** What the KV keys of all API keys begin with; the id of the API key follows. */
const PREFIX = 'v1/keys/';

/** How long a read from KV, or a write to it, may take before it counts as failed, in milliseconds. */
const TIMEOUT = 5_000;

/**
 * How long a location may answer from its own copy of a key, in seconds: the least that KV allows. With the seconds for
 * which an isolate remembers a key, it is less than the minute within which a revocation takes effect.
 */
const COPY_SECONDS = 30;

/** Reads a stored key; undefined when there is none. @throws AuthenticationError `credentials-unavailable` */
export async function readStored(
  kv: KVNamespace,
  id: string,
): Promise<z.output<typeof StoredKeySchema> | undefined> {
  let text: string | null;
  try {
    text = await within(TIMEOUT, kv.get(`${PREFIX}${id}`, { type: 'text', cacheTtl: COPY_SECONDS }));
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
      'An API key is stored in a form that this release cannot read.',
    );
  }
}

/** Writes a key, in place of the stored one. @throws AuthenticationError `credentials-unavailable` */
export async function store(kv: KVNamespace, value: z.output<typeof StoredKeySchema>): Promise<void> {
  try {
    await within(TIMEOUT, kv.put(`${PREFIX}${value.key.id}`, JSON.stringify(value)));
  } catch {
    throw new AuthenticationError('credentials-unavailable', 'The API key cannot be written. Try again.');
  }
}

/**
 * Reads a key, without its hash; undefined when there is none.
 *
 * @throws AuthenticationError `credentials-unavailable`
 */
export async function readKey(kv: KVNamespace, id: string): Promise<ApiKey | undefined> {
  return (await readStored(kv, id))?.key;
}

/**
 * A page of the list of keys, in the order of their ids.
 *
 * @param limit How many keys the page has at most.
 * @param cursor The `next` of the page before; undefined for the first page.
 * @returns The keys, and the cursor of the next page, which is undefined on the last one.
 * @throws AuthenticationError `credentials-unavailable`
 */
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
