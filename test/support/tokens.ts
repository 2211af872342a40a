import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer of tokens, with its keys in the setting `OIDC_ISSUERS` as they are. */
export interface Issuer {
  readonly issuer: string;
  /** An entry of `OIDC_ISSUERS`. */
  readonly setting: Readonly<Record<string, unknown>>;
  /** The public key, as a verifier knows it. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /** Signs a token that is good for five minutes, unless the claims say otherwise. */
  sign(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
}

/** Makes an issuer whose tokens are meant for `tracewright`. */
export async function makeIssuer(
  issuer: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' };
  return {
    issuer,
    jwk,
    setting: { issuer, audience: 'tracewright', jwks: { keys: [jwk] }, ...more },
    sign: async (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      return new SignJWT({
        iss: issuer,
        aud: 'tracewright',
        sub: 'repo:acme/shop:ref:refs/heads/main',
        iat: now,
        exp: now + 300,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid: 'key-1', typ: 'JWT', ...header })
        .sign(privateKey);
    },
  };
}
