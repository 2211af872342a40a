import type { Context } from 'hono';
import { z } from 'zod';
import type { BaselineOptions } from '../../compiler/emit/policies/baseline/baseline-options.ts';
import { baseline } from '../../compiler/emit/policies/baseline.ts';
import { TracingPolicySchema } from '../../compiler/emit/tracing-policy.ts';
import { jsonAnswer, prefersYaml, taggedAnswer, yamlAnswer } from '../../http/answers.ts';

/** The answer of both operations, for the OpenAPI document. */
export const ANSWER = {
  description: 'The baseline policy, to be applied as it is.',
  content: {
    'application/json': { schema: TracingPolicySchema },
    'application/yaml': {
      schema: z.string().meta({
        description: 'The policy as YAML.',
        examples: ['---\napiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\n'],
      }),
    },
  },
};

/** Builds the baseline policy, and answers with it as JSON or YAML. */
export function answerWith(context: Context, options: BaselineOptions): Promise<Response> {
  const policy = baseline(options);
  return taggedAnswer(
    context,
    prefersYaml(context) ? yamlAnswer([policy], { vary: 'accept' }) : jsonAnswer(policy, { vary: 'accept' }),
  );
}
