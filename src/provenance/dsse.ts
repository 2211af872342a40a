import { z } from 'zod';

/**
 * A signed envelope (DSSE v1, secure-systems-lab/dsse): the payload in base64, and signatures of it
 * together with its type.
 */
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

/** What signs: a private key and the name of its public one. */
export interface Signer {
  readonly keyId: string;
  sign(message: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

/** Signs a statement. The same statement and key give the same envelope (Ed25519 has no randomness). */
export async function sign(statement: string, { keyId, sign: signBytes }: Signer): Promise<Envelope> {
  const payload = new TextEncoder().encode(statement);
  const signature = new Uint8Array(await signBytes(preAuthEncoding(payload)));
  return {
    payloadType: PAYLOAD_TYPE,
    payload: toBase64(payload),
    signatures: [{ keyid: keyId, sig: toBase64(signature) }],
  };
}

/** The statement of an envelope that one of these keys has signed, and which; undefined when none has. */
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

/** What is signed: type and payload with their lengths, so that neither can be taken for the other. */
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

/** DSSE allows both alphabets. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
