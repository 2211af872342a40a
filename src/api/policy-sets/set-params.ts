import type { Context } from 'hono';
import { z } from 'zod';
import type { AccessQuestion } from '../../cedar/access-question.ts';
import type { Environment } from '../../http/environment.ts';
import { readParams } from '../../http/query.ts';
import { PolicySetNameSchema } from '../../policy-sets/references.ts';

/** The access question for one action on the set that the path names. */
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

/** Reads the name from paths that have more parameters. */
const SetNameSchema = z.object(setParams);
