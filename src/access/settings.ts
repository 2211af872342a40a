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

/** The settings of the Worker as texts: the variables and secrets of its configuration. docs/settings.md has them. */
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

/** The origins of web pages that may call (CORS). */
const OriginsSchema = list(
  (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
  'origins such as https://console.example.org',
);

/** Kubernetes service accounts, as the API server names them: `system:serviceaccount:<namespace>:<name>`. */
const AccountsSchema = list(
  (account) => /^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$/.test(account),
  'service accounts such as system:serviceaccount:lattice-system:lattice-operator',
);

/** Every setting of the Worker: how it is read, its default, and the message for any other value. */
export const SettingsSchema = z.object({
  ALIAS_CACHE_SECONDS: z
    .union([z.literal('0'), z.stringFormat('seconds', /^(3[0-9]|4[0-9]|5[0-9]|60)$/)], {
      error: 'Expected 0, or a whole number of seconds from 30 to 60.',
    })
    .default('30')
    .transform(Number),
  ADMIN_KEY_HASH: z.preprocess(
    unset,
    z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'Expected 64 lower-case hexadecimal digits, as npm run keys prints them.')
      .optional(),
  ),
  API_KEYS: onOff,
  OIDC_ISSUERS: IssuersSchema,
  ACCESS_TEAM_DOMAIN: z.preprocess(
    unset,
    z
      .string()
      .regex(/^[a-z0-9-]+\.cloudflareaccess\.com$/, 'Expected <team>.cloudflareaccess.com, without https://.')
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

/** The settings of the Worker as the code uses them. */
export interface Settings {
  /** How long an isolate remembers which version an alias points at, in seconds; 0 for not at all. */
  readonly aliasSeconds: number;
  /** The SHA-256 of the admin key, in hexadecimal. */
  readonly adminKeyHash: string | undefined;
  /** Whether the API keys in KV are accepted. */
  readonly apiKeys: boolean;
  /** The issuers whose tokens are accepted in `Authorization`. */
  readonly issuers: readonly TrustedIssuer[];
  /** Cloudflare Access as an issuer, whose tokens are accepted in its own header; undefined when it is not used. */
  readonly access: TrustedIssuer | undefined;
  /** Whether callers without credentials are let in on the loopback interface. */
  readonly localDevelopment: boolean;
  /** Whether the set `management` decides who may do what, or the built-in policies always do. */
  readonly managementPolicies: 'stored' | 'built-in';
  /** Whether nobody may activate a version that they published. */
  readonly twoPersonRule: boolean;
  /** The origins of web pages that may call. */
  readonly corsOrigins: readonly string[];
  /** The service accounts of operators, which make the Kubernetes objects of workloads of other kinds, such as Lattice's. */
  readonly admissionOperators: readonly string[];
  /** How many requests a caller may make, and in how many seconds. It describes the binding `RATE_LIMITER`. */
  readonly rateLimit: { readonly quota: number; readonly seconds: number };
  /** The key that signs attestations, and the public keys that signed earlier ones. */
  readonly attestation: { readonly key: PrivateKey | undefined; readonly formerKeys: readonly PublicKey[] };
}

/** A setting of the Worker is missing or invalid. The message names it and says how to set it. */
export class SettingsError extends Failure {
  override readonly name = 'SettingsError';
  readonly code = 'settings-invalid';
}

/** The settings that are stored as secrets, and not as variables. */
const SECRETS: ReadonlySet<string> = new Set(['ADMIN_KEY_HASH', 'ATTESTATION_KEY']);

/** Says how to set a setting in a deployment; the page describes the local server too. */
function howToSet(name: string): string {
  return SECRETS.has(name)
    ? `Set it with npx wrangler secret put ${name} (docs/settings.md).`
    : 'Set it in [vars] of wrangler.toml (docs/settings.md).';
}

/**
 * Reads the settings of the Worker.
 *
 * @throws SettingsError that names the setting that is missing or invalid.
 */
export function readSettings(bindings: SettingsBindings): Settings {
  const parsed = parseValue(SettingsSchema, bindings);
  if (!parsed.ok) {
    const [issue] = parsed.issues;
    const [name, ...rest] = issue?.path ?? [];
    const where = rest.length === 0 ? '' : ` (${rest.map(String).join('.')})`;
    throw new SettingsError(
      `The setting ${String(name)} is not valid${where}: ${issue?.message} ${howToSet(String(name))}`,
    );
  }
  const { data } = parsed;
  const access = accessIssuer(data.ACCESS_TEAM_DOMAIN, data.ACCESS_AUDIENCE);
  if (
    data.ADMIN_KEY_HASH === undefined &&
    !data.API_KEYS &&
    data.OIDC_ISSUERS.length === 0 &&
    access === undefined &&
    !data.LOCAL_DEVELOPMENT
  ) {
    throw new SettingsError(
      'No way to call is configured. Set at least one of ADMIN_KEY_HASH, API_KEYS, OIDC_ISSUERS, or ACCESS_TEAM_DOMAIN with ACCESS_AUDIENCE (docs/settings.md).',
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

/**
 * Cloudflare Access as an issuer; undefined when neither of its settings is set.
 *
 * @throws SettingsError for one alone.
 */
function accessIssuer(domain: string | undefined, audience: string | undefined): TrustedIssuer | undefined {
  if (domain === undefined && audience === undefined) return undefined;
  if (domain === undefined || audience === undefined)
    throw new SettingsError(
      'Only one of the settings ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE is set, and Cloudflare Access needs both. Set them in [vars] of wrangler.toml (docs/settings.md).',
    );
  return {
    issuer: `https://${domain}`,
    audience,
    algorithms: ['RS256'],
    personClaim: 'sub',
    nameClaim: undefined,
    keys: `https://${domain}/cdn-cgi/access/certs`,
  };
}
