import type { Context } from 'hono';
import { z } from 'zod';
import type { Identity } from '../../access/identity.ts';
import { KeyIdSchema } from '../../access/key-schemas.ts';
import type { Environment } from '../../http/environment.ts';
import { Problem } from '../../http/problems.ts';

/** The path parameters of a key. */
export const KeyParamsSchema = z.strictObject({
  id: KeyIdSchema.meta({ description: 'The id of the key.', examples: ['5f2b1c9d8e7a6f30'] }),
});

/** The headers of answers about keys, which no cache may store. */
export const NO_STORE = { 'cache-control': 'no-store' };

/** The access question of operations that read or change keys. */
export const manageKeys = () => ({ action: 'manageKeys', scopes: undefined }) as const;

/** The authenticated caller of a request. */
export function identityOf(context: Context<Environment>): Identity {
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('The caller is not known.');
  return identity;
}

/** Returns a key that was looked up. @throws Problem `api-key-not-found` when there is none */
export function found<T>(id: string, key: T | undefined): T {
  if (key === undefined) throw new Problem('api-key-not-found', `There is no API key ${id}.`);
  return key;
}
