import { LIMITS } from '../compiler/model/limits.ts';
import { identifyKey } from './identify-key.ts';
import { AuthenticationError, type Identity } from './identity.ts';
import { looksLikeKey } from './key-secrets.ts';
import { type Settings, SettingsError } from './settings.ts';
import { identifyToken, type RemoteKeys } from './tokens.ts';

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
  remoteKeys: RemoteKeys,
): Promise<Identity> {
  if (settings.localDevelopment && !LOOPBACK.has(new URL(request.url).hostname))
    throw new SettingsError(
      'The setting LOCAL_DEVELOPMENT lets callers in without credentials, so it works on localhost, 127.0.0.1 and [::1] only. Anywhere else remove it, and set how callers are identified (docs/settings.md).',
    );
  const authorization = request.headers.get('authorization');
  const assertion = settings.access === undefined ? null : request.headers.get(ACCESS_HEADER);
  if ((authorization ?? assertion ?? '').length > LIMITS.tokenLength)
    throw new AuthenticationError(
      'credentials-invalid',
      `Credentials have at most ${LIMITS.tokenLength} characters.`,
    );
  if (authorization !== null) {
    const [, token] = /^Bearer +([\x21-\x2b\x2d-\x7e]+)$/i.exec(authorization.trim()) ?? [];
    if (token === undefined)
      throw new AuthenticationError('credentials-invalid', 'Expected Authorization: Bearer <key or token>.');
    return looksLikeKey(token)
      ? identifyKey(token, settings.adminKeyHash, settings.apiKeys ? kv : undefined)
      : identifyToken(token, settings.issuers, 'oidc', remoteKeys);
  }
  if (assertion !== null && settings.access !== undefined)
    return identifyToken(assertion, [settings.access], 'access', remoteKeys);
  if (settings.localDevelopment) return LOCAL;
  throw new AuthenticationError(
    'credentials-missing',
    'The request has no credentials. Send the header Authorization: Bearer <key or token>.',
  );
}
