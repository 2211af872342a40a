import type { Context } from 'hono';
import { SettingsError } from '../../access/settings.ts';
import type { Environment } from '../../http/environment.ts';
import { settingsOf } from '../../http/settings-of.ts';
import type { PublicKey } from '../../provenance/signing-keys.ts';

/** The error of a Worker that has no key to sign with. */
export function noKey(): SettingsError {
  return new SettingsError(
    'Without a key nothing can be signed or verified. Set ATTESTATION_KEY: npm run -s signing-key | npx wrangler secret put ATTESTATION_KEY (docs/settings.md).',
  );
}

/** The public keys of this Worker: the one that signs now, and former ones. */
export function publicKeys(context: Context<Environment>): PublicKey[] {
  const { key, formerKeys } = settingsOf(context).attestation;
  return [...(key === undefined ? [] : [key]), ...formerKeys].map(({ kty, crv, x }) => ({ kty, crv, x }));
}
