import type { Context } from 'hono';
import { type Settings, SettingsError } from '../access/settings.ts';
import type { VersionStore } from '../policy-sets/repository.ts';
import type { Environment } from './environment.ts';
import { Problem } from './problems.ts';
/** The settings of the Worker. @throws Problem `not-configured` */
export function settingsOf(context: Context<Environment>): Settings {
  try {
    return context.get('isolate').access.settings(context.env);
  } catch (error) {
    throw notConfigured(error);
  }
}

/** Where policy-set versions are, and what is remembered of them. */
export function storeOf(context: Context<Environment>): VersionStore {
  return { kv: context.env.POLICY_SETS, memory: context.get('isolate').versions };
}

/** The problem that an error of reading the settings is to a caller; any other error stays as it is. */
export function notConfigured(error: unknown): unknown {
  return error instanceof SettingsError ? new Problem('not-configured', error.message) : error;
}
