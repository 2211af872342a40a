import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import type { Signer } from './dsse.ts';

/** Each half of an Ed25519 key: 32 bytes in base64url. */
const base64url = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'Expected 32 bytes in base64url.');

/** The public half of an Ed25519 key as a JWK (RFC 8037). Other members of the JWK are ignored. */
export const PublicKeySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: base64url,
});
/** The public half of an Ed25519 key as a JWK (RFC 8037). */
export type PublicKey = z.output<typeof PublicKeySchema>;

/** An Ed25519 key with its private half as a JWK (RFC 8037). */
export const PrivateKeySchema = PublicKeySchema.extend({ d: base64url });
/** An Ed25519 key with its private half as a JWK (RFC 8037). */
export type PrivateKey = z.output<typeof PrivateKeySchema>;

/** The thumbprint of a key (RFC 7638), which names it in signatures. */
export function keyIdOf({ kty, crv, x }: PublicKey): Promise<string> {
  return calculateJwkThumbprint({ kty, crv, x });
}

const ALGORITHM = { name: 'Ed25519' };

/** A signer with this key. @throws DOMException when the halves of the key do not belong together. */
export async function signerOf(key: PrivateKey): Promise<Signer> {
  const { kty, crv, x, d } = key;
  const imported = await crypto.subtle.importKey('jwk', { kty, crv, x, d }, ALGORITHM, false, ['sign']);
  return { keyId: await keyIdOf(key), sign: (message) => crypto.subtle.sign(ALGORITHM, imported, message) };
}

/** The keys to verify signatures with, by their thumbprints. */
export async function verifiersOf(keys: readonly PublicKey[]): Promise<Map<string, CryptoKey>> {
  const named = await Promise.all(
    keys.map(async ({ kty, crv, x }): Promise<[string, CryptoKey]> => {
      const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, ALGORITHM, false, ['verify']);
      return [await keyIdOf({ kty, crv, x }), key];
    }),
  );
  return new Map(named);
}
