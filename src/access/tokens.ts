import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Caller } from '../cedar/caller.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { AuthenticationError, type Identity } from './identity.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** The keys of an issuer, as jose has them. */
export type KeySet = ReturnType<typeof createLocalJWKSet> | ReturnType<typeof createRemoteJWKSet>;

/**
 * Key sets by the address that they are fetched from, as many as there are issuers in the settings. jose keeps what
 * it fetched for ten minutes, and asks again for a key that it does not know.
 */
export type RemoteKeys = Map<string, KeySet>;

function keysOf({ keys }: TrustedIssuer, remoteKeys: RemoteKeys): KeySet {
  if (typeof keys !== 'string') return createLocalJWKSet({ keys: [...keys.keys] });
  const held = remoteKeys.get(keys) ?? createRemoteJWKSet(new URL(keys), { timeoutDuration: 5_000 });
  remoteKeys.set(keys, held);
  return held;
}

/**
 * The identity behind a JSON Web Token (RFC 7519): signed by a key of an issuer we trust, with an
 * algorithm that we allow, for our audience, and good now.
 *
 * @throws AuthenticationError
 */
export async function identifyToken(
  token: string,
  issuers: readonly TrustedIssuer[],
  kind: 'oidc' | 'access',
  remoteKeys: RemoteKeys,
): Promise<Identity> {
  const invalid = (message: string): AuthenticationError =>
    new AuthenticationError('credentials-invalid', message);
  let claimed: unknown;
  try {
    // Read before it is verified, to know whose keys to verify it with; nothing else is believed.
    claimed = decodeJwt(token).iss;
  } catch {
    throw invalid('The credentials are neither a key nor a JSON Web Token.');
  }
  const issuer = issuers.find((each) => each.issuer === claimed);
  if (issuer === undefined) throw invalid('Tokens of this issuer are not accepted.');
  let payload: JWTPayload;
  try {
    const verified = await jwtVerify(token, keysOf(issuer, remoteKeys), {
      issuer: issuer.issuer,
      audience: typeof issuer.audience === 'string' ? issuer.audience : [...issuer.audience],
      algorithms: [...issuer.algorithms],
      clockTolerance: LIMITS.clockSkewSeconds,
      requiredClaims: ['exp', 'sub'],
    });
    payload = verified.payload;
  } catch (error) {
    const fault = faultOf(error);
    if (fault !== undefined) throw invalid(fault);
    throw new AuthenticationError(
      'credentials-unavailable',
      'The keys of the token’s issuer cannot be had. Try again.',
    );
  }
  if (payload.iat !== undefined && payload.iat > Date.now() / 1_000 + LIMITS.clockSkewSeconds)
    throw invalid('The token was issued in the future.');
  return identityOf(payload, issuer, kind);
}

/** What is wrong with a token; undefined when the fault is not the token's. */
function faultOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'The token is meant for another audience.';
    if (error.claim === 'nbf' && error.reason === 'check_failed') return 'The token is not good yet.';
    return `The token's claim ${error.claim} is missing or wrong.`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return 'The token is signed in a way that is not accepted.';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "The token is signed by none of its issuer's keys.";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is wrong.";
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid)
    return 'The token is malformed.';
  return undefined;
}

function identityOf(payload: JWTPayload, issuer: TrustedIssuer, kind: Caller['kind']): Identity {
  const text = (name: string): string | undefined => {
    const value = payload[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  // A service token of Cloudflare Access has an empty subject, and a common_name.
  const subject = text('sub') ?? (kind === 'access' ? text('common_name') : undefined);
  if (subject === undefined)
    throw new AuthenticationError('credentials-invalid', 'The token has no subject.');
  const groups = payload.groups ?? payload.groups_direct ?? [];
  const names = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
  if (names.length > LIMITS.groups)
    throw new AuthenticationError(
      'credentials-invalid',
      `The token names more than ${LIMITS.groups} groups.`,
    );
  const verified = kind === 'access' || payload.email_verified === true;
  const optional = {
    email: verified ? text('email') : undefined,
    repository: text('repository') ?? text('project_path'),
    ref: text('ref_path') ?? text('ref'),
    environment: text('environment'),
  };
  // Cedar takes no text with half a character in it.
  if (![subject, ...names, ...Object.values(optional)].every((value) => value?.isWellFormed() ?? true))
    throw new AuthenticationError('credentials-invalid', 'A claim of the token is not Unicode.');
  for (const value of [subject, ...Object.values(optional)])
    if (value !== undefined && value.length > LIMITS.claimLength)
      throw new AuthenticationError('credentials-invalid', 'A claim of the token is too long.');
  const person = payload[issuer.personClaim];
  const id = typeof person === 'string' || typeof person === 'number' ? person : subject;
  const name = (issuer.nameClaim === undefined ? undefined : text(issuer.nameClaim)) ?? optional.email ?? '';
  return {
    caller: {
      kind,
      issuer: issuer.issuer,
      subject,
      scopes: [],
      groups: names,
      claims: furtherClaims(payload),
      ...optional,
    },
    person: {
      id: `${issuer.issuer}#${id}`,
      // It is only shown, so one that is too long to show is not worth refusing the token.
      name: name.slice(0, LIMITS.claimLength).toWellFormed(),
    },
    expiresAt: undefined,
    bounds: undefined,
  };
}

/** The claims that are one text, number or truth value each, as texts. */
function furtherClaims(payload: JWTPayload): Record<string, string> {
  const simple = Object.entries(payload).flatMap(([name, value]): [string, string][] =>
    ['string', 'number', 'boolean'].includes(typeof value) &&
    name !== '__proto__' &&
    name.isWellFormed() &&
    String(value).isWellFormed() &&
    String(value).length <= LIMITS.claimLength
      ? [[name, String(value)]]
      : [],
  );
  return Object.fromEntries(simple.slice(0, LIMITS.claims));
}
