import { LIMITS } from '../compiler/model/limits.ts';
import type { AccessMemory } from './access-memory.ts';
import { identifyKey } from './identify-key.ts';
import { AuthenticationError, type Identity } from './identity.ts';
import { hashOf, looksLikeKey } from './key-secrets.ts';
import { type Settings, SettingsError } from './settings.ts';
import { identifyToken } from './tokens.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** The header that Cloudflare Access adds to the requests that it lets through. */
const ACCESS_HEADER = 'cf-access-jwt-assertion';

/** The host names under which a Worker of local development answers. */
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A caller without credentials in local development, who may do everything except make changes. */
const LOCAL: Identity = {
  caller: {
    kind: 'local',
    issuer: 'local',
    subject: 'anonymous',
    scopes: ['compile', 'authorize', 'admission', 'pin', 'read'],
    groups: [],
    claims: {},
  },
  person: { id: 'local#anonymous', name: 'local development' },
  expiresAt: undefined,
  bounds: undefined,
};

/** What a request proves its caller with; of a token, which issuers are trusted in the header where it was. */
type Credentials =
  | { readonly kind: 'key'; readonly text: string }
  | {
      readonly kind: 'oidc' | 'access';
      readonly text: string;
      readonly issuers: readonly TrustedIssuer[];
    };

/**
 * Identifies the caller of a request by `Authorization: Bearer` with an API key or a JSON Web Token, or by the
 * header of Cloudflare Access. Credentials that are present must be valid: nobody falls back to being anonymous.
 *
 * @throws AuthenticationError when the credentials are missing or invalid, or cannot be checked now.
 * @throws SettingsError when `LOCAL_DEVELOPMENT` is on and the request is not for the loopback interface.
 */
export async function authenticate(
  request: Request,
  kv: KVNamespace,
  settings: Settings,
  memory: AccessMemory,
): Promise<Identity> {
  if (settings.localDevelopment && !LOOPBACK.has(new URL(request.url).hostname))
    throw new SettingsError(
      'The setting LOCAL_DEVELOPMENT lets callers in without credentials, so it works on localhost, 127.0.0.1 and [::1] only. Anywhere else remove it, and set how callers are identified (docs/settings.md).',
    );
  const credentials = credentialsOf(request.headers, settings);
  if (credentials !== undefined) return verifiedOnce(credentials, kv, settings, memory);
  if (settings.localDevelopment) return LOCAL;
  throw new AuthenticationError(
    'credentials-missing',
    'The request has no credentials. Send the header Authorization: Bearer <key or token>.',
  );
}

/** The credentials that a request has, if it has any. @throws AuthenticationError for what cannot be credentials. */
function credentialsOf(headers: Headers, settings: Settings): Credentials | undefined {
  const authorization = headers.get('authorization');
  const assertion = settings.access === undefined ? null : headers.get(ACCESS_HEADER);
  if ((authorization ?? assertion ?? '').length > LIMITS.tokenLength)
    throw new AuthenticationError(
      'credentials-invalid',
      `Credentials have at most ${LIMITS.tokenLength} characters.`,
    );
  if (authorization !== null) {
    const [, text] = /^Bearer +([\x21-\x2b\x2d-\x7e]+)$/i.exec(authorization.trim()) ?? [];
    if (text === undefined)
      throw new AuthenticationError('credentials-invalid', 'Expected Authorization: Bearer <key or token>.');
    return looksLikeKey(text) ? { kind: 'key', text } : { kind: 'oidc', text, issuers: settings.issuers };
  }
  if (assertion === null || settings.access === undefined) return undefined;
  return { kind: 'access', text: assertion, issuers: [settings.access] };
}

/** The caller with these credentials, which are verified unless that was done a few seconds ago. */
async function verifiedOnce(
  credentials: Credentials,
  kv: KVNamespace,
  settings: Settings,
  memory: AccessMemory,
): Promise<Identity> {
  const known = memory.credentials(settings);
  const hash = await hashOf(credentials.text);
  // A token that one header proves the caller with proves nothing in the other.
  const name = `${credentials.kind} ${hash}`;
  const held = known.recall(name);
  if (held !== undefined) return held;
  const verifiedAt = Date.now();
  const verified =
    credentials.kind === 'key'
      ? await identifyKey(credentials.text, hash, settings, kv, known)
      : await identifyToken(credentials.text, credentials.issuers, credentials.kind, memory.issuerKeys);
  known.keep(name, verified, verifiedAt);
  return verified.identity;
}
