import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from '../../access/key-secrets.ts';
import { newSigningKey } from '../../provenance/new-signing-key.ts';
import { CommandError, EXIT } from '../shell/command-error.ts';

/** The admin key of this machine, and the file that keeps it. */
export interface KeptKey {
  readonly key: string;
  readonly file: string;
}

/**
 * The admin key that a folder keeps. It is made when there is none.
 *
 * @throws CommandError when the file holds something else.
 */
export async function keptAdminKey(state: string): Promise<KeptKey> {
  const file = join(state, 'admin-key');
  const key = await keep(file, async () => (await generateKey('admin')).key);
  if (!/^tw_admin_\S+$/.test(key))
    throw new CommandError(EXIT.negative, `${file} holds no admin key: delete it.`);
  return { key, file };
}

/**
 * The settings of the local Worker: those of local development, then those of the file `.dev.vars`, then those that the
 * user gave. Later ones win.
 *
 * @param state The folder that keeps the signing key.
 * @param adminKey The key whose hash the Worker accepts.
 * @param given The settings that the user gave.
 */
export async function localSettings(
  state: string,
  adminKey: string,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const signingKey = await keep(join(state, 'attestation-key'), async () =>
    JSON.stringify(await newSigningKey()),
  );
  const usual = { LOCAL_DEVELOPMENT: 'on', API_KEYS: 'on', ATTESTATION_KEY: signingKey };
  // Wrangler reads .dev.vars itself, but lets settings that it is started with win over that file.
  const inFile = namesInDevVars();
  return {
    ...Object.fromEntries(Object.entries(usual).filter(([name]) => !inFile.has(name))),
    ADMIN_KEY_HASH: createHash('sha256').update(adminKey).digest('hex'),
    ...given,
  };
}

/** What a file holds that only its owner may read. It is made when it does not exist. */
async function keep(file: string, make: () => Promise<string>): Promise<string> {
  if (!existsSync(file)) writeFileSync(file, `${await make()}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}

/** The names of the settings in the file `.dev.vars`. */
function namesInDevVars(): ReadonlySet<string> {
  const text = existsSync('.dev.vars') ? readFileSync('.dev.vars', 'utf8') : '';
  const lines = text.matchAll(/^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=/gm);
  return new Set([...lines].map(([, name = '']) => name));
}
