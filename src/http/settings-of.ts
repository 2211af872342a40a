import type { Context } from 'hono';
import type { Settings } from '../access/settings.ts';
import type { VersionStore } from '../policy-sets/version-store.ts';
import type { Environment } from './environment.ts';

/** The settings of the Worker. @throws SettingsError that names the setting that is missing or wrong */
export function settingsOf(context: Context<Environment>): Settings {
  return context.get('isolate').access.settings(context.env);
}

/** The storage of policy-set versions, with the versions that the isolate remembers. */
export function storeOf(context: Context<Environment>): VersionStore {
  return { kv: context.env.POLICY_SETS, memory: context.get('isolate').versions };
}
