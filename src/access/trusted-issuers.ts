import { z } from 'zod';
import { json, unset } from './setting-values.ts';

/** Signatures by a private key alone: with a shared secret, whoever verifies could also sign. */
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

interface KnownIssuer {
  readonly jwksUri: string;
  readonly personClaim: string;
  readonly nameClaim: string;
}

/** Where the keys of well-known issuers are, and the claims that tell one person from another and name them. */
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

const httpsUrl = z
  .url({ protocol: /^https$/, error: 'Expected an https URL.' })
  .max(512)
  .refine((url) => !/[#?]/.test(url), 'Expected a URL without query and fragment.');

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
      context.addIssue({ code: 'custom', message: 'Expected one of jwksUri and jwks.' });
      return z.NEVER;
    }
    const { audience, algorithms } = issuer;
    const personClaim = issuer.personClaim ?? known?.personClaim ?? 'sub';
    const nameClaim = issuer.nameClaim ?? known?.nameClaim;
    return { issuer: issuer.issuer, audience, algorithms, personClaim, nameClaim, keys };
  });

/** An issuer whose tokens are accepted. */
export interface TrustedIssuer {
  readonly issuer: string;
  /** Tokens must be meant for one of them. */
  readonly audience: string | readonly string[];
  readonly algorithms: readonly string[];
  /** The claim that tells one person from another, for the two-person rule. */
  readonly personClaim: string;
  /** The claim that says what people call that person; undefined: the address, when it is verified. */
  readonly nameClaim: string | undefined;
  /** Where its public keys are, or they themselves. */
  readonly keys: string | { readonly keys: readonly ({ readonly kty: string } & Record<string, unknown>)[] };
}

/** The setting OIDC_ISSUERS: a JSON list of issuers, each listed once; none when it is left out. */
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
