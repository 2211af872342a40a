import { z } from 'zod';
import { DENIAL_REASONS } from '../cedar/determining-policy.ts';
import { CategorySchema } from '../compiler/model/override.ts';

/** The fields that state the place of a value in the body, for faults and decisions alike. */
export const placeFields = {
  document: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'The document of the body, from 0.', examples: [0] }),
  pointer: z
    .string()
    .optional()
    .meta({
      description: 'The value, as a JSON pointer into its document (RFC 6901).',
      examples: ['/spec/workload/containers/0/securityContext/allowedBinaries/0'],
    }),
  line: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Its line in the body, from 1.', examples: [14] }),
  column: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Its column in the body, from 1.', examples: [15] }),
};

/** The schema by which answers identify the version that decided. */
export const PolicySetVersionSchema = z
  .strictObject({
    name: z.string().meta({ description: 'The policy set.', examples: ['default'] }),
    version: z
      .int()
      .min(1)
      .meta({ description: 'The number of the version.', examples: [7] }),
    digest: z.string().meta({
      description: 'The digest of its content.',
      examples: ['sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    }),
  })
  .meta({
    id: 'PolicySetVersion',
    description: 'The version of a policy set that decided.',
    examples: [
      {
        name: 'default',
        version: 7,
        digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      },
    ],
  });

/** The schema of a Cedar policy that determined a decision. */
export const DeterminingPolicySchema = z
  .strictObject({
    id: z.string().meta({ description: 'The `@id` of the policy.', examples: ['media-binaries'] }),
    effect: z.enum(['permit', 'forbid']).meta({ description: 'What the policy does.', examples: ['permit'] }),
    annotations: z.record(z.string(), z.string()).meta({
      description: 'Its annotations, such as `reason` and `advice`.',
      examples: [{ reason: 'Media services shell out to converters.' }],
    }),
    error: z
      .string()
      .optional()
      .meta({
        description: 'Why it failed to evaluate, for `PolicyError`.',
        examples: ['`Lattice::Service` does not have the attribute `team`'],
      }),
  })
  .meta({
    id: 'DeterminingPolicy',
    description: 'A Cedar policy that decided.',
    examples: [
      {
        id: 'media-binaries',
        effect: 'permit',
        annotations: { reason: 'Media services shell out to converters.' },
      },
    ],
  });

/** The schema of the decision about one override. */
export const DecisionSchema = z
  .strictObject({
    service: z
      .string()
      .meta({ description: 'The service, `<namespace>/<name>`.', examples: ['production/api-server'] }),
    override: z
      .string()
      .meta({ description: 'The override asked for.', examples: ['allowedBinary:/usr/bin/curl'] }),
    category: CategorySchema,
    container: z
      .string()
      .optional()
      .meta({ description: 'The container that asks; absent for the whole pod.', examples: ['app'] }),
    image: z
      .string()
      .optional()
      .meta({ description: 'The image of the container.', examples: ['api-server:latest'] }),
    implicit: z
      .boolean()
      .meta({ description: 'True when it was inferred rather than declared.', examples: [false] }),
    readOnly: z
      .boolean()
      .optional()
      .meta({
        description: 'Of `hostPath:<path>` alone: whether every mount in the pod is read-only.',
        examples: [true],
      }),
    decision: z.enum(['allow', 'deny']).meta({ description: "Cedar's answer.", examples: ['deny'] }),
    reason: z
      .enum(DENIAL_REASONS)
      .optional()
      .meta({
        description:
          'Why it is denied: no policy permits it, a policy forbids it, or a policy failed to evaluate.',
        examples: ['NoPermitPolicy'],
      }),
    policies: z
      .array(DeterminingPolicySchema)
      .meta({ description: 'The policies that decided.', examples: [[]] }),
    advice: z
      .string()
      .optional()
      .meta({
        description:
          'What the author of the workload can change so that it need not be asked for, which is narrower than any permit; with some denials.',
        examples: [
          'Instead of *, list the binaries by their absolute paths in securityContext.allowedBinaries.',
        ],
      }),
    suggestedPermit: z
      .string()
      .optional()
      .meta({
        description:
          'A least-privilege Cedar permit for the platform team to review, where no policy permits. Absent where a forbid denies, which no permit can overrule, and where a policy fails: mend that policy.',
        examples: [
          '@id("permit:production:api-server:app:allowedBinary:/usr/bin/curl")\npermit (\n  principal == Lattice::Service::"production/api-server",\n  action == Lattice::Action::"OverrideSecurity",\n  resource == Lattice::SecurityOverride::"allowedBinary:/usr/bin/curl"\n);',
        ],
      }),
    ...placeFields,
  })
  .meta({
    id: 'Decision',
    description: 'The answer for one override of one container or pod.',
    examples: [
      {
        service: 'production/api-server',
        override: 'allowedBinary:/usr/bin/curl',
        category: 'binary',
        container: 'app',
        implicit: false,
        decision: 'allow',
        policies: [{ id: 'production-binaries', effect: 'permit', annotations: {} }],
      },
    ],
  });

/** The decision about one override, as answers have it. */
export type DecisionAnswer = z.output<typeof DecisionSchema>;
