/**
 * Creates and revokes API keys.
 * @module
 */
import type { z } from 'zod';
import { callerId } from '../cedar/caller.ts';
import type { CredentialMemory } from './credential-memory.ts';
import { type Identity, isConfined } from './identity.ts';
import type { ApiKey, CreatedApiKeySchema, NewApiKey } from './key-schemas.ts';
import { generateKey, toHex } from './key-secrets.ts';
import { readStored, store } from './key-storage.ts';

/** How long a key is valid when the request does not say it, in days. */
const DEFAULT_DAYS = 90;

/** A day in milliseconds. */
const DAY = 86_400_000;

/** A key that somebody wants to create, with the times of its creation and expiry. */
export type PlannedKey = Omit<NewApiKey, 'expiresInDays'> & Pick<ApiKey, 'createdAt' | 'expiresAt'>;

/**
 * Sets the times of a key, if it were created now.
 *
 * A confined key makes no key that outlives it: where the request does not say how long the new key is valid, it
 * expires no later than its creator. Where the request says it, the access decision grants or refuses exactly that.
 */
export function planKey({ expiresInDays, ...fields }: NewApiKey, creator: Identity): PlannedKey {
  const now = Date.now();
  const end = now + (expiresInDays ?? DEFAULT_DAYS) * DAY;
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

/**
 * Creates a key. Its text is in the result and nowhere else.
 *
 * @throws AuthenticationError `credentials-unavailable`
 */
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

/**
 * Revokes a key for good. A key that is revoked already stays as it is. This isolate refuses it from now on, and the
 * others within a minute.
 *
 * @param known What this isolate remembers of keys.
 * @param mayRevoke Throws when the caller may not revoke this key.
 * @returns The revoked key; undefined when there is none.
 * @throws AuthenticationError `credentials-unavailable`
 */
export async function revokeKey(
  kv: KVNamespace,
  id: string,
  known: CredentialMemory,
  mayRevoke: (key: ApiKey) => Promise<void>,
): Promise<ApiKey | undefined> {
  const stored = await readStored(kv, id);
  if (stored === undefined) return undefined;
  await mayRevoke(stored.key);
  const isRevoked = stored.key.revokedAt !== null;
  const key = isRevoked ? stored.key : { ...stored.key, revokedAt: new Date().toISOString() };
  if (!isRevoked) await store(kv, { ...stored, key });
  known.revokeKey(stored.hash);
  return key;
}
