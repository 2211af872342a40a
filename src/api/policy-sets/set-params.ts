import type { Context } from 'hono';
import { z } from 'zod';
import type { AccessQuestion } from '../../cedar/access-question.ts';
import type { Environment } from '../../http/environment.ts';
import { readParams } from '../../http/query.ts';
import { PolicySetNameSchema } from '../../policy-sets/references.ts';

/** Asks for one action on the set of the path. */
export const ofSet =
  (action: 'read' | 'publish') =>
  (context: Context<Environment>): AccessQuestion => ({
    action,
    policySet: readParams(context, SetNameSchema).name,
  });

/** The path parameter of a set. */
export const setParams = {
  name: PolicySetNameSchema.meta({ description: 'The policy set.', examples: ['default'] }),
};

/** The path parameters of a set. */
export const SetParamsSchema = z.strictObject(setParams);

/** For paths with more parameters than the name. */
const SetNameSchema = z.object(setParams);
