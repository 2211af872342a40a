import { type PrivateKey, PrivateKeySchema } from './signing-keys.ts';

/** Makes a key for signing attestations. */
export async function newSigningKey(): Promise<PrivateKey> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error('Expected a pair of keys.');
  return PrivateKeySchema.parse(await crypto.subtle.exportKey('jwk', pair.privateKey));
}
