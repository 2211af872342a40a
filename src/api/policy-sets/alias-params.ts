import { z } from 'zod';
import { AliasSchema } from '../../policy-sets/references.ts';
import { setParams } from './set-params.ts';

/** The path parameters of an alias. */
export const AliasParamsSchema = z.strictObject({
  ...setParams,
  alias: AliasSchema.meta({ description: 'The alias.', examples: ['active'] }),
});
