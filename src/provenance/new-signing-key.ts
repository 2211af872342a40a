import { type PrivateKey, PrivateKeySchema } from './signing-keys.ts';

/** Makes a random Ed25519 key to sign attestations with, as the setting `ATTESTATION_KEY` takes it. */
export async function newSigningKey(): Promise<PrivateKey> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error('Expected a pair of keys.');
  return PrivateKeySchema.parse(await crypto.subtle.exportKey('jwk', pair.privateKey));
}
