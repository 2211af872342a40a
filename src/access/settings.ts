import { z } from 'zod';
import { parseValue } from '../compiler/model/parse.ts';
import { Failure } from '../failures/failure.ts';
import {
  type PrivateKey,
  PrivateKeySchema,
  type PublicKey,
  PublicKeySchema,
} from '../provenance/signing-keys.ts';
import { count, json, list, onOff, unset } from './setting-values.ts';
import { IssuersSchema, type TrustedIssuer } from './trusted-issuers.ts';

/** The settings of the Worker: variables and secrets of its configuration. All may be left out. */
export interface SettingsBindings {
  readonly ALIAS_CACHE_SECONDS?: string;
  readonly ADMIN_KEY_HASH?: string;
  readonly API_KEYS?: string;
  readonly OIDC_ISSUERS?: string;
  readonly ACCESS_TEAM_DOMAIN?: string;
  readonly ACCESS_AUDIENCE?: string;
  readonly LOCAL_DEVELOPMENT?: string;
  readonly MANAGEMENT_POLICIES?: string;
  readonly TWO_PERSON_RULE?: string;
  readonly CORS_ORIGINS?: string;
  readonly ADMISSION_OPERATORS?: string;
  readonly RATE_LIMIT_QUOTA?: string;
  readonly RATE_LIMIT_SECONDS?: string;
  readonly ATTESTATION_KEY?: string;
  readonly ATTESTATION_FORMER_KEYS?: string;
}

/** Origins of web pages. */
const OriginsSchema = list(
  (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
  'origins such as https://console.example.org',
);

/** Service accounts, as the API server names them. */
const AccountsSchema = list(
  (account) => /^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$/.test(account),
  'service accounts such as system:serviceaccount:lattice-system:lattice-operator',
);

/** Every setting of the Worker, as it is read: its type, its default and what is wrong with other values. */
export const SettingsSchema = z.object({
  ALIAS_CACHE_SECONDS: z
    .union([z.literal('0'), z.stringFormat('seconds', /^(3[0-9]|4[0-9]|5[0-9]|60)$/)], {
      error: 'It must be 0, or from 30 to 60.',
    })
    .default('30')
    .transform(Number),
  ADMIN_KEY_HASH: z.preprocess(
    unset,
    z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'Expected the SHA-256 of the key in hexadecimal.')
      .optional(),
  ),
  API_KEYS: onOff,
  OIDC_ISSUERS: IssuersSchema,
  ACCESS_TEAM_DOMAIN: z.preprocess(
    unset,
    z
      .string()
      .regex(/^[a-z0-9-]+\.cloudflareaccess\.com$/, 'Expected <team>.cloudflareaccess.com.')
      .optional(),
  ),
  ACCESS_AUDIENCE: z.preprocess(unset, z.string().optional()),
  LOCAL_DEVELOPMENT: onOff,
  MANAGEMENT_POLICIES: z.preprocess(
    unset,
    z.enum(['stored', 'built-in'], { error: 'Expected stored or built-in.' }).default('stored'),
  ),
  TWO_PERSON_RULE: onOff,
  CORS_ORIGINS: OriginsSchema,
  ADMISSION_OPERATORS: AccountsSchema,
  RATE_LIMIT_QUOTA: count('600'),
  RATE_LIMIT_SECONDS: count('60'),
  ATTESTATION_KEY: z.preprocess(unset, json.pipe(PrivateKeySchema).optional()),
  ATTESTATION_FORMER_KEYS: z.preprocess(
    (value) => unset(value) ?? '{"keys":[]}',
    json.pipe(z.object({ keys: z.array(PublicKeySchema).max(16) })),
  ),
});

/** The settings, read. */
export interface Settings {
  /** How long an isolate remembers what an alias points at; 0 for not at all. */
  readonly aliasSeconds: number;
  /** The SHA-256 of the admin key, in hexadecimal. */
  readonly adminKeyHash: string | undefined;
  /** Whether the API keys in KV are accepted. */
  readonly apiKeys: boolean;
  readonly issuers: readonly TrustedIssuer[];
  /** Cloudflare Access, as an issuer. */
  readonly access: TrustedIssuer | undefined;
  /** Whether callers without credentials are let in, on the loopback interface. */
  readonly localDevelopment: boolean;
  readonly managementPolicies: 'stored' | 'built-in';
  readonly twoPersonRule: boolean;
  readonly corsOrigins: readonly string[];
  /** The service accounts of the operator that makes workloads of Lattice's kinds. */
  readonly admissionOperators: readonly string[];
  readonly rateLimit: { readonly quota: number; readonly seconds: number };
  /** The key that signs attestations, and those that did. */
  readonly attestation: { readonly key: PrivateKey | undefined; readonly formerKeys: readonly PublicKey[] };
}

/** The Worker is not configured, or wrongly: says which setting. */
export class SettingsError extends Failure {
  override readonly name = 'SettingsError';
  readonly code = 'settings-invalid';
}

/** Reads the settings. @throws SettingsError that names what is missing or wrong */
export function readSettings(bindings: SettingsBindings): Settings {
  const parsed = parseValue(SettingsSchema, bindings);
  if (!parsed.ok) {
    const [issue] = parsed.issues;
    const [name, ...rest] = issue?.path ?? [];
    const where = rest.length === 0 ? '' : ` (${rest.map(String).join('.')})`;
    throw new SettingsError(`The setting ${String(name)} is wrong${where}: ${issue?.message}`);
  }
  const { data } = parsed;
  if ((data.ACCESS_TEAM_DOMAIN === undefined) !== (data.ACCESS_AUDIENCE === undefined))
    throw new SettingsError('ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE are needed together.');
  const access: TrustedIssuer | undefined =
    data.ACCESS_TEAM_DOMAIN === undefined || data.ACCESS_AUDIENCE === undefined
      ? undefined
      : {
          issuer: `https://${data.ACCESS_TEAM_DOMAIN}`,
          audience: data.ACCESS_AUDIENCE,
          algorithms: ['RS256'],
          personClaim: 'sub',
          nameClaim: undefined,
          keys: `https://${data.ACCESS_TEAM_DOMAIN}/cdn-cgi/access/certs`,
        };
  if (
    data.ADMIN_KEY_HASH === undefined &&
    !data.API_KEYS &&
    data.OIDC_ISSUERS.length === 0 &&
    access === undefined &&
    !data.LOCAL_DEVELOPMENT
  ) {
    throw new SettingsError(
      'Nobody may call: set ADMIN_KEY_HASH, API_KEYS, OIDC_ISSUERS, or ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE (docs/security.md).',
    );
  }
  return {
    aliasSeconds: data.ALIAS_CACHE_SECONDS,
    adminKeyHash: data.ADMIN_KEY_HASH,
    apiKeys: data.API_KEYS,
    issuers: data.OIDC_ISSUERS,
    access,
    localDevelopment: data.LOCAL_DEVELOPMENT,
    managementPolicies: data.MANAGEMENT_POLICIES,
    twoPersonRule: data.TWO_PERSON_RULE,
    corsOrigins: data.CORS_ORIGINS,
    admissionOperators: data.ADMISSION_OPERATORS,
    rateLimit: { quota: data.RATE_LIMIT_QUOTA, seconds: data.RATE_LIMIT_SECONDS },
    attestation: { key: data.ATTESTATION_KEY, formerKeys: data.ATTESTATION_FORMER_KEYS.keys },
  };
}
