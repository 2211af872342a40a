import type { App } from '../../http/openapi.ts';
import { createApiKey } from './create-key.ts';
import { getCaller } from './get-caller.ts';
import { getApiKey } from './get-key.ts';
import { listApiKeys } from './list-keys.ts';
import { revokeApiKey } from './revoke-key.ts';

/** The operations of API keys, and the one that tells callers who they are. */
export function keyRoutes(app: App): void {
  listApiKeys(app);
  createApiKey(app);
  getApiKey(app);
  revokeApiKey(app);
  getCaller(app);
}
