import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import type { Signer } from './dsse.ts';

const base64url = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'Expected 32 bytes in base64url.');

/** A public key of Ed25519 as JSON (RFC 8037). */
export const PublicKeySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: base64url,
});
/** The public part of an Ed25519 key, as a JWK (RFC 8037). */
export type PublicKey = z.output<typeof PublicKeySchema>;

/** A private one. */
export const PrivateKeySchema = PublicKeySchema.extend({ d: base64url });
/** An Ed25519 key with its private part, as a JWK (RFC 8037). */
export type PrivateKey = z.output<typeof PrivateKeySchema>;

/** Names a key by its thumbprint (RFC 7638). */
export function keyIdOf({ kty, crv, x }: PublicKey): Promise<string> {
  return calculateJwkThumbprint({ kty, crv, x });
}

const ALGORITHM = { name: 'Ed25519' };

/** The key to sign with. @throws DOMException when the two halves of the key do not belong together */
export async function signerOf(key: PrivateKey): Promise<Signer> {
  const { kty, crv, x, d } = key;
  const imported = await crypto.subtle.importKey('jwk', { kty, crv, x, d }, ALGORITHM, false, ['sign']);
  return { keyId: await keyIdOf(key), sign: (message) => crypto.subtle.sign(ALGORITHM, imported, message) };
}

/** The keys to verify with, by their names. */
export async function verifiersOf(keys: readonly PublicKey[]): Promise<Map<string, CryptoKey>> {
  const named = await Promise.all(
    keys.map(async ({ kty, crv, x }): Promise<[string, CryptoKey]> => {
      const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, ALGORITHM, false, ['verify']);
      return [await keyIdOf({ kty, crv, x }), key];
    }),
  );
  return new Map(named);
}
