import { z } from 'zod';
import { AliasSchema } from '../../policy-sets/references.ts';
import { setParams } from './set-params.ts';

export const AliasParamsSchema = z.strictObject({
  ...setParams,
  alias: AliasSchema.meta({ description: 'The alias.', examples: ['active'] }),
});
