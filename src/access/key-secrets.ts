/**
 * The text of API keys: their form, their making, their hash and their comparison.
 * @module
 */

/** The form of a key: `tw_<id>_<secret>`. Its first group is the id, and its second 256 random bits in base64url. */
export const KEY_FORM = /^tw_([0-9a-f]{16}|admin)_([A-Za-z0-9_-]{43})$/;

/** Whether a bearer token is an API key or the admin key, and not a JSON Web Token. */
export function looksLikeKey(token: string): boolean {
  return token.startsWith('tw_');
}

/**
 * Makes a random key.
 *
 * @param id 16 hexadecimal digits, or `admin` for the admin key of the settings.
 * @returns The text of the key, and its hash in hexadecimal, which alone is to be stored.
 */
export async function generateKey(id: string): Promise<{ key: string; hash: string }> {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const key = `tw_${id}_${base64Url(secret)}`;
  return { key, hash: await hashOf(key) };
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The SHA-256 of a key in hexadecimal. A key has 256 random bits, so a slower hash would add nothing. */
export async function hashOf(key: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', ENCODER.encode(key))));
}

const ENCODER = new TextEncoder();

/** Each byte in hexadecimal: every request with credentials writes a hash. */
const HEXADECIMAL = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes in lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEXADECIMAL[byte];
  return text;
}

/** Compares two texts in a time that does not depend on where they differ. Their lengths are no secret. */
export function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
