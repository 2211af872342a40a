/**
 * Signs statements and verifies signed ones, in envelopes of the Dead Simple Signing Envelope (DSSE v1,
 * secure-systems-lab/dsse).
 * @module
 */
import { z } from 'zod';

/** A DSSE envelope: the payload in base64, and signatures of the payload and its type together. */
export const EnvelopeSchema = z
  .strictObject({
    payloadType: z
      .literal('application/vnd.in-toto+json')
      .meta({ description: 'What the payload is.', examples: ['application/vnd.in-toto+json'] }),
    payload: z
      .string()
      .min(1)
      .meta({
        description: 'An in-toto Statement v1 in base64.',
        examples: ['eyJfdHlwZSI6Imh0dHBzOi8vaW4t'],
      }),
    signatures: z
      .array(
        z.strictObject({
          keyid: z
            .string()
            .meta({ description: 'The `kid` of the key (RFC 7638).', examples: ['8pV1lZ0cE2'] }),
          sig: z.string().meta({ description: 'The Ed25519 signature in base64.', examples: ['MEUCIQ=='] }),
        }),
      )
      .min(1)
      .max(16)
      .meta({ description: 'One signature is made; one good one is needed.' }),
  })
  .meta({
    id: 'Envelope',
    description: 'A DSSE envelope with an in-toto statement of what was compiled from what.',
    examples: [
      {
        payloadType: 'application/vnd.in-toto+json',
        payload: 'eyJfdHlwZSI6Imh0dHBzOi8vaW4t',
        signatures: [{ keyid: '8pV1lZ0cE2', sig: 'MEUCIQ==' }],
      },
    ],
  });
/** A signed statement (DSSE). */
export type Envelope = z.output<typeof EnvelopeSchema>;

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** A private key that signs. */
export interface Signer {
  /** The thumbprint of the key (RFC 7638), by which verifiers find its public half. */
  readonly keyId: string;
  /** Makes the Ed25519 signature of a message, 64 bytes. */
  sign(message: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

/**
 * Signs a statement. The same statement and key give the same envelope, because Ed25519 is deterministic.
 *
 * @param statement An in-toto statement as JSON text.
 */
export async function sign(statement: string, { keyId, sign: signBytes }: Signer): Promise<Envelope> {
  const payload = new TextEncoder().encode(statement);
  const signature = new Uint8Array(await signBytes(preAuthEncoding(payload)));
  return {
    payloadType: PAYLOAD_TYPE,
    payload: toBase64(payload),
    signatures: [{ keyid: keyId, sig: toBase64(signature) }],
  };
}

/**
 * Verifies an envelope.
 *
 * @param keys The trusted public keys, by their thumbprints.
 * @returns The statement as JSON text and the key that signed it; undefined when none of the keys did.
 * @throws TypeError when a signed payload is not UTF-8.
 */
export async function verify(
  { payload, signatures }: Envelope,
  keys: ReadonlyMap<string, CryptoKey>,
): Promise<{ readonly keyId: string; readonly statement: string } | undefined> {
  const bytes = fromBase64(payload);
  if (bytes === undefined) return undefined;
  for (const { keyid, sig } of signatures) {
    const key = keys.get(keyid);
    const signature = fromBase64(sig);
    if (key === undefined || signature === undefined) continue;
    if (await crypto.subtle.verify('Ed25519', key, signature, preAuthEncoding(bytes)))
      return {
        keyId: keyid,
        statement: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
      };
  }
  return undefined;
}

/**
 * The bytes that are signed (DSSE's PAE): type and payload with their lengths, so that neither passes for the
 * other.
 */
function preAuthEncoding(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Decodes base64 or base64url, because DSSE allows both; undefined for anything else. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
