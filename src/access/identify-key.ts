import { AuthenticationError, type Identity } from './identity.ts';
import { hashOf, KEY_FORM, sameText } from './key-secrets.ts';
import { readStored } from './key-storage.ts';

/**
 * Identifies the caller that holds an API key or the admin key.
 *
 * @param adminHash The SHA-256 of the admin key in hexadecimal; undefined when there is no admin key.
 * @param kv The KV namespace with the API keys; undefined when API keys are not accepted.
 * @throws AuthenticationError `credentials-invalid` for a key that is unknown, revoked or expired, and
 *   `credentials-unavailable` when the keys cannot be read.
 */
export async function identifyKey(
  token: string,
  adminHash: string | undefined,
  kv: KVNamespace | undefined,
): Promise<Identity> {
  const [, id] = KEY_FORM.exec(token) ?? [];
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
    throw new AuthenticationError(
      'credentials-invalid',
      'API keys are not accepted: the setting API_KEYS is off.',
    );
  const stored = await readStored(kv, id);
  // Only the holder of the key learns that it was revoked or has expired.
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
