import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Caller } from '../cedar/caller.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { Person } from '../policy-sets/person.ts';
import type { Verified } from './credential-memory.ts';
import { AuthenticationError, type Identity } from './identity.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** The public keys of an issuer, in the form that jose verifies with. */
type KeySet = ReturnType<typeof createLocalJWKSet> | ReturnType<typeof createRemoteJWKSet>;

/**
 * The public keys of the issuers of the settings. jose imports each key once for each set, keeps a fetched set for ten
 * minutes, and fetches it again when a token names a key that is not in it.
 */
export type IssuerKeys = WeakMap<TrustedIssuer, KeySet>;

/** The public keys of an issuer. @throws JWKSInvalid when those of the settings are no keys. */
function keysOf(issuer: TrustedIssuer, known: IssuerKeys): KeySet {
  const { keys } = issuer;
  const held =
    known.get(issuer) ??
    (typeof keys === 'string'
      ? createRemoteJWKSet(new URL(keys), { timeoutDuration: 5_000 })
      : createLocalJWKSet({ keys: [...keys.keys] }));
  known.set(issuer, held);
  return held;
}

/**
 * Identifies the caller by a JSON Web Token (RFC 7519). A key of a trusted issuer must have signed it with an allowed
 * algorithm, it must be meant for the audience in the settings, and it must be valid now.
 *
 * @param kind `access` for a token of Cloudflare Access, `oidc` for any other.
 * @throws AuthenticationError `credentials-invalid` for a token that does not meet this, and
 *   `credentials-unavailable` when the issuer's keys cannot be fetched.
 */
export async function identifyToken(
  token: string,
  issuers: readonly TrustedIssuer[],
  kind: 'oidc' | 'access',
  issuerKeys: IssuerKeys,
): Promise<Verified> {
  const invalid = (message: string): AuthenticationError =>
    new AuthenticationError('credentials-invalid', message);
  let claimed: unknown;
  try {
    // The issuer is read before the token is verified, because it says whose keys verify it. Nothing else is read yet.
    claimed = decodeJwt(token).iss;
  } catch {
    throw invalid('The credentials are neither an API key nor a JSON Web Token.');
  }
  const issuer = issuers.find((each) => each.issuer === claimed);
  if (issuer === undefined) throw invalid('Tokens of this issuer are not accepted.');
  let payload: JWTPayload;
  try {
    const verified = await jwtVerify(token, keysOf(issuer, issuerKeys), {
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
      "The public keys of the token's issuer cannot be fetched. Try again.",
    );
  }
  if (payload.iat !== undefined && payload.iat > Date.now() / 1_000 + LIMITS.clockSkewSeconds)
    throw invalid('The token was issued in the future.');
  // jose requires the claim, and rounds the time of now down.
  const goodUntil = ((payload.exp ?? 0) + LIMITS.clockSkewSeconds) * 1_000;
  return { identity: identityOf(payload, issuer, kind), goodUntil };
}

/** Says what is wrong with a token; undefined when something other than the token failed. */
function faultOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'The token is meant for another audience.';
    if (error.claim === 'nbf' && error.reason === 'check_failed') return 'The token is not valid yet.';
    return `The token's claim ${error.claim} is missing or wrong.`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return 'The algorithm of the token is not accepted.';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "The token is signed by none of its issuer's keys.";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is wrong.";
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid)
    return 'The token is malformed.';
  return undefined;
}

/** The caller that the claims of a verified token describe. @throws AuthenticationError `credentials-invalid` */
function identityOf(payload: JWTPayload, issuer: TrustedIssuer, kind: Caller['kind']): Identity {
  // A service token of Cloudflare Access has an empty subject, and the claim common_name instead.
  const subject = textIn(payload, 'sub') ?? (kind === 'access' ? textIn(payload, 'common_name') : undefined);
  if (subject === undefined)
    throw new AuthenticationError('credentials-invalid', 'The token has no subject.');
  const groups = groupsIn(payload);
  const verified = kind === 'access' || payload.email_verified === true;
  const optional = {
    email: verified ? textIn(payload, 'email') : undefined,
    repository: textIn(payload, 'repository') ?? textIn(payload, 'project_path'),
    ref: textIn(payload, 'ref_path') ?? textIn(payload, 'ref'),
    environment: textIn(payload, 'environment'),
  };
  // Cedar refuses a text with an unpaired surrogate.
  if (![subject, ...groups, ...Object.values(optional)].every((value) => value?.isWellFormed() ?? true))
    throw new AuthenticationError('credentials-invalid', 'A claim of the token is not valid Unicode.');
  for (const value of [subject, ...Object.values(optional)])
    if (value !== undefined && value.length > LIMITS.claimLength)
      throw new AuthenticationError('credentials-invalid', 'A claim of the token is too long.');
  const claims = furtherClaims(payload);
  return {
    caller: { kind, issuer: issuer.issuer, subject, scopes: [], groups, claims, ...optional },
    person: personOf(payload, issuer, subject, optional.email),
    expiresAt: undefined,
    bounds: undefined,
  };
}

/** A claim that is a text and not empty. */
function textIn(payload: JWTPayload, name: string): string | undefined {
  const value = payload[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The groups that a token names. @throws AuthenticationError `credentials-invalid` for too many. */
function groupsIn(payload: JWTPayload): string[] {
  const groups = payload.groups ?? payload.groups_direct ?? [];
  const names = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
  if (names.length > LIMITS.groups)
    throw new AuthenticationError(
      'credentials-invalid',
      `The token names more than ${LIMITS.groups} groups.`,
    );
  return names;
}

/** The person behind a token: the claim that the settings name for it, or else the subject. */
function personOf(
  payload: JWTPayload,
  { issuer, personClaim, nameClaim }: TrustedIssuer,
  subject: string,
  email: string | undefined,
): Person {
  const claimed = payload[personClaim];
  const id = typeof claimed === 'string' || typeof claimed === 'number' ? claimed : subject;
  const name = (nameClaim === undefined ? undefined : textIn(payload, nameClaim)) ?? email ?? '';
  // The name is only shown, so a long one is cut instead of refusing the token.
  return { id: `${issuer}#${id}`, name: name.slice(0, LIMITS.claimLength).toWellFormed() };
}

/**
 * The claims that are a string, a number or a boolean, each as a string; policies read them as tags of the caller.
 */
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
