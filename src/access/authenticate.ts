import { LIMITS } from '../compiler/model/limits.ts';
import { identifyKey } from './identify-key.ts';
import { AuthenticationError, type Identity } from './identity.ts';
import { looksLikeKey } from './key-secrets.ts';
import { type Settings, SettingsError } from './settings.ts';
import { identifyToken, type RemoteKeys } from './tokens.ts';

/** The header that Cloudflare Access adds to what it lets through. */
const ACCESS_HEADER = 'cf-access-jwt-assertion';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whoever calls a Worker of local development without credentials: everything but changes. */
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
 * Who calls: by `Authorization: Bearer` with an API key or a JSON Web Token, or by the header of
 * Cloudflare Access. Credentials that are there must be good: nobody falls back to being anonymous.
 *
 * @throws AuthenticationError
 * @throws SettingsError when the Worker lets anybody in, and is not on the loopback interface.
 */
export async function authenticate(
  request: Request,
  kv: KVNamespace,
  settings: Settings,
  remoteKeys: RemoteKeys,
): Promise<Identity> {
  if (settings.localDevelopment && !LOOPBACK.has(new URL(request.url).hostname))
    throw new SettingsError(
      'LOCAL_DEVELOPMENT lets everybody in, so it is for localhost alone: unset it, and set how callers are known.',
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
    'Say who calls: Authorization: Bearer <key or token>.',
  );
}
