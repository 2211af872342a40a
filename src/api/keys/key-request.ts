import type { Context } from 'hono';
import { z } from 'zod';
import type { Identity } from '../../access/identity.ts';
import { KeyIdSchema } from '../../access/key-schemas.ts';
import type { Environment } from '../../http/environment.ts';
import { Problem } from '../../http/problems.ts';

export const KeyParamsSchema = z.strictObject({
  id: KeyIdSchema.meta({ description: 'The id of the key.', examples: ['5f2b1c9d8e7a6f30'] }),
});

export const NO_STORE = { 'cache-control': 'no-store' };

export const manageKeys = () => ({ action: 'manageKeys', scopes: undefined }) as const;

export function identityOf(context: Context<Environment>): Identity {
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('An operation without a caller.');
  return identity;
}

export function found<T>(id: string, key: T | undefined): T {
  if (key === undefined) throw new Problem('api-key-not-found', `There is no API key ${id}.`);
  return key;
}
