import { z } from 'zod';
import { DecisionSchema } from './decision-schema.ts';

const VerdictSchema = DecisionSchema.pick({ decision: true, reason: true, policies: true }).meta({
  id: 'Verdict',
  description: 'What one version says of an override.',
  examples: [{ decision: 'deny', reason: 'NoPermitPolicy', policies: [] }],
});

/** The schema of a decision that another version of a policy set would make differently. */
export const DecisionChangeSchema = DecisionSchema.omit({
  decision: true,
  reason: true,
  policies: true,
  advice: true,
  suggestedPermit: true,
})
  .extend({
    before: VerdictSchema.nullable().meta({
      description: 'The decision now; null when nothing decides it now, or it is not asked for.',
    }),
    after: VerdictSchema.nullable().meta({
      description: 'The decision then; null when it would not be asked for.',
    }),
    causes: z
      .array(
        z
          .strictObject({
            policy: z
              .string()
              .meta({ description: 'The `@id` of the policy.', examples: ['no-wildcard-in-production'] }),
            effect: z.enum(['permit', 'forbid']).meta({ description: 'What it does.', examples: ['forbid'] }),
            change: z.enum(['added', 'removed', 'changed', 'unchanged']).meta({
              description:
                'What the version does to it. An `unchanged` one decides otherwise because of entities or settings.',
              examples: ['added'],
            }),
          })
          .meta({
            id: 'Cause',
            description: 'A policy for which a decision changes.',
            examples: [{ policy: 'no-wildcard-in-production', effect: 'forbid', change: 'added' }],
          }),
      )
      .meta({ description: 'The policies for which it changes.' }),
  })
  .meta({
    id: 'DecisionChange',
    description: 'An override of which another version decides otherwise.',
    examples: [
      {
        service: 'production/api-server',
        override: 'allowedBinary:*',
        category: 'binary',
        container: 'app',
        implicit: true,
        before: { decision: 'allow', policies: [] },
        after: { decision: 'deny', reason: 'ExplicitForbid', policies: [] },
        causes: [{ policy: 'no-wildcard-in-production', effect: 'forbid', change: 'added' }],
      },
    ],
  });

/** A decision that another version would make differently. */
export type DecisionChange = z.output<typeof DecisionChangeSchema>;
