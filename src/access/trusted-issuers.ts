/**
 * The setting `OIDC_ISSUERS`: the issuers whose tokens are accepted.
 * @module
 */
import { z } from 'zod';
import { json, unset } from './setting-values.ts';

/**
 * The algorithms that an issuer may use. All sign with a private key: with a shared secret, a verifier could sign.
 */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** What is known about an issuer without being in the settings. */
interface KnownIssuer {
  readonly jwksUri: string;
  readonly personClaim: string;
  readonly nameClaim: string;
}

/** The well-known issuers, by their URL. */
const KNOWN_ISSUERS: Readonly<Record<string, KnownIssuer>> = {
  'https://token.actions.githubusercontent.com': {
    jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks',
    personClaim: 'actor_id',
    nameClaim: 'actor',
  },
  'https://gitlab.com': {
    jwksUri: 'https://gitlab.com/oauth/discovery/keys',
    personClaim: 'user_id',
    nameClaim: 'user_login',
  },
};

/** The URL of an issuer or of its keys. */
const httpsUrl = z
  .url({ protocol: /^https$/, error: 'Expected an https URL.' })
  .max(512)
  .refine((url) => !/[#?]/.test(url), 'Expected a URL without a query and a fragment.');

/** One issuer of the setting, with the defaults of a well-known one filled in. */
const IssuerSchema = z
  .strictObject({
    issuer: httpsUrl,
    audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    jwksUri: httpsUrl.optional(),
    jwks: z
      .strictObject({ keys: z.array(z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) })).min(1) })
      .optional(),
    algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'PS256', 'ES256', 'EdDSA']),
    personClaim: z.string().min(1).optional(),
    nameClaim: z.string().min(1).optional(),
  })
  .transform((issuer, context) => {
    const known = Object.hasOwn(KNOWN_ISSUERS, issuer.issuer) ? KNOWN_ISSUERS[issuer.issuer] : undefined;
    const keys = issuer.jwks ?? issuer.jwksUri ?? known?.jwksUri;
    if (keys === undefined || (issuer.jwks !== undefined && issuer.jwksUri !== undefined)) {
      context.addIssue({ code: 'custom', message: 'Expected either jwksUri or jwks.' });
      return z.NEVER;
    }
    const { audience, algorithms } = issuer;
    const personClaim = issuer.personClaim ?? known?.personClaim ?? 'sub';
    const nameClaim = issuer.nameClaim ?? known?.nameClaim;
    return { issuer: issuer.issuer, audience, algorithms, personClaim, nameClaim, keys };
  });

/** An issuer whose tokens are accepted. */
export interface TrustedIssuer {
  /** The URL of the issuer, as the claim `iss` has it. */
  readonly issuer: string;
  /** A token must be meant for one of these audiences (claim `aud`). */
  readonly audience: string | readonly string[];
  /** The signature algorithms that are accepted. */
  readonly algorithms: readonly string[];
  /** The claim that identifies the person behind a token, for the two-person rule. */
  readonly personClaim: string;
  /** The claim with the name of that person. When it is undefined, a verified email address is the name. */
  readonly nameClaim: string | undefined;
  /** The public keys, or the URL of them. */
  readonly keys: string | { readonly keys: readonly ({ readonly kty: string } & Record<string, unknown>)[] };
}

/** The setting `OIDC_ISSUERS`, a JSON list. It is empty when the setting is left out. */
export const IssuersSchema = z.preprocess(
  (value) => unset(value) ?? '[]',
  json.pipe(
    z
      .array(IssuerSchema)
      .refine(
        (issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length,
        'An issuer is listed twice.',
      ),
  ),
);
