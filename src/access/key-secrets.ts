/** The form of a key: `tw_`, its id or `admin`, and 256 random bits in base64url. */
export const FORM = /^tw_([0-9a-f]{16}|admin)_([A-Za-z0-9_-]{43})$/;

/** Whether a bearer token is one of our keys, rather than a JWT. */
export function looksLikeKey(token: string): boolean {
  return token.startsWith('tw_');
}

/** Makes a key: its text, and the hash to keep. `id` is `admin` for the key of the configuration. */
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

/** The SHA-256 of a key in hexadecimal. Keys hold 256 random bits: no slower hash would add anything. */
export async function hashOf(key: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))));
}

/** Bytes in hexadecimal, two lower-case digits for each. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Compares without telling by its duration where two texts of the same length differ. */
export function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
