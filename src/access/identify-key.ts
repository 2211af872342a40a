import type { CredentialMemory, Verified } from './credential-memory.ts';
import { AuthenticationError, type Identity } from './identity.ts';
import { KEY_FORM, sameText } from './key-secrets.ts';
import { readStored } from './key-storage.ts';
import type { Settings } from './settings.ts';

/** The caller that holds the admin key. */
const ADMIN: Identity = {
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

/**
 * Identifies the caller that holds an API key or the admin key.
 *
 * @param hash The hash of the token.
 * @param kv The KV namespace with the API keys.
 * @param known Which keys were revoked through this isolate.
 * @throws AuthenticationError `credentials-invalid` for a key that is unknown, revoked or expired, and
 *   `credentials-unavailable` when the keys cannot be read.
 */
export async function identifyKey(
  token: string,
  hash: string,
  { adminKeyHash, apiKeys }: Settings,
  kv: KVNamespace,
  known: CredentialMemory,
): Promise<Verified> {
  const [, id] = KEY_FORM.exec(token) ?? [];
  const unknown = new AuthenticationError('credentials-invalid', 'The key is not known.');
  if (id === undefined) throw unknown;
  if (id === 'admin') {
    if (adminKeyHash === undefined || !sameText(hash, adminKeyHash)) throw unknown;
    return { identity: ADMIN, goodUntil: Number.POSITIVE_INFINITY };
  }
  if (!apiKeys)
    throw new AuthenticationError(
      'credentials-invalid',
      'API keys are not accepted: the setting API_KEYS is off.',
    );
  const stored = await readStored(kv, id);
  // Only the holder of the key learns that it was revoked or has expired.
  if (stored === undefined || !sameText(hash, stored.hash)) throw unknown;
  const { name, owner, scopes, policySets, namespaces, expiresAt, revokedAt } = stored.key;
  if (revokedAt !== null || known.isRevoked(hash))
    throw new AuthenticationError('credentials-invalid', 'The key was revoked.');
  const goodUntil = Date.parse(expiresAt);
  if (goodUntil <= Date.now()) throw new AuthenticationError('credentials-invalid', 'The key has expired.');
  return {
    identity: {
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
    },
    goodUntil,
  };
}
