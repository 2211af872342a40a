import { AuthenticationError, type Identity } from './identity.ts';
import { FORM, hashOf, sameText } from './key-secrets.ts';
import { readStored } from './key-storage.ts';

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
