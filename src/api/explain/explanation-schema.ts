import { z } from 'zod';
import { OWN_POLICIES } from '../../events/own-policy.ts';
import { DecisionSchema, placeFields } from '../../http/decision-schema.ts';
import { BlockedActionSchema } from './action-answer.ts';

const ChangeSchema = z
  .strictObject({
    how: z.enum(['add', 'replace', 'append']).meta({
      description:
        '`add`: the snippet becomes a member of the mapping at the place. `replace`: it takes the place of the value there. `append`: it becomes an item of the list there, which may be the text of an annotation.',
      examples: ['append'],
    }),
    snippet: z.string().meta({ description: 'What to write, as YAML.', examples: ['- /usr/bin/curl'] }),
    ...placeFields,
  })
  .meta({
    id: 'RemedyChange',
    description: 'A change to the workload that was sent along.',
    examples: [
      {
        how: 'append',
        snippet: '- /usr/bin/curl',
        document: 0,
        pointer: '/spec/workload/containers/0/securityContext/allowedBinaries',
        line: 17,
        column: 13,
      },
    ],
  });

const RemedySchema = z
  .strictObject({
    words: z
      .string()
      .meta({ description: 'What to do.', examples: ['List /usr/bin/curl in allowedBinaries.'] }),
    decision: DecisionSchema.optional(),
    inWorkload: z
      .boolean()
      .optional()
      .meta({
        description:
          'With the workload: whether it asks for the override already. Then the manifests in the cluster were made of an earlier form of it.',
        examples: [false],
      }),
    changes: z.array(ChangeSchema).meta({
      description: 'With the workload: where to change it. Otherwise empty.',
      examples: [[]],
    }),
  })
  .meta({
    id: 'Remedy',
    description: 'Something that ends a block. Where it needs an override, what Cedar says of that now.',
    examples: [
      {
        words: 'Mount an emptyDir volume at /var/cache/app. It hides what the image has in this directory.',
        changes: [],
      },
    ],
  });

const ServiceSchema = z
  .strictObject({
    namespace: z.string().meta({ description: 'Its namespace.', examples: ['production'] }),
    name: z.string().meta({ description: 'Its name.', examples: ['api-server'] }),
    kind: z.string().meta({ description: 'Its kind, as Cedar policies see it.', examples: ['service'] }),
    knownBy: z.enum(['workload', 'message', 'policy-name', 'pod']).meta({
      description:
        'What it is known by: the workload that was sent along, whose policy has this name; the message; the name of the policy, where the message was cut off; or the pod.',
      examples: ['message'],
    }),
  })
  .meta({
    id: 'EventService',
    description: 'The service that an event is about.',
    examples: [{ namespace: 'production', name: 'api-server', kind: 'service', knownBy: 'message' }],
  });

const EXAMPLE_EXPLANATION = {
  summary: '/usr/bin/curl is not on the allowlist of production/api-server.',
  outcome: 'The process was killed.',
  policy: 'allow-binaries' as const,
  policyName: 'allow-binaries-api-server',
  mode: 'enforce' as const,
  service: { namespace: 'production', name: 'api-server', kind: 'service', knownBy: 'message' as const },
  container: 'app',
  pod: 'api-server-7d9c5b8f4-x2x7k',
  permittedBy: { name: 'default', version: 7 },
  blocked: { kind: 'binary' as const, path: '/usr/bin/curl', requested: 'curl', deleted: false },
  process: { binary: '/usr/bin/api-server', parent: '/usr/bin/tini' },
  count: 1,
  first: '2026-11-25T21:08:07.560Z',
  last: '2026-11-25T21:08:07.560Z',
  line: 1,
  remedies: [],
  notes: [],
};

/** The schema of the explanation of one block. */
export const ExplanationSchema = z
  .strictObject({
    summary: z
      .string()
      .meta({ description: 'What was blocked, in a sentence.', examples: [EXAMPLE_EXPLANATION.summary] }),
    outcome: z
      .string()
      .meta({ description: 'What became of the process.', examples: [EXAMPLE_EXPLANATION.outcome] }),
    policy: z
      .enum(OWN_POLICIES)
      .meta({ description: 'The generated policy.', examples: [EXAMPLE_EXPLANATION.policy] }),
    policyName: z
      .string()
      .meta({ description: 'The name of the manifest.', examples: [EXAMPLE_EXPLANATION.policyName] }),
    mode: z.enum(['enforce', 'monitor', 'unknown']).meta({
      description: 'The mode of the manifest; `unknown` where the message is of an earlier release.',
      examples: [EXAMPLE_EXPLANATION.mode],
    }),
    service: ServiceSchema.optional(),
    container: z
      .string()
      .optional()
      .meta({ description: 'The container.', examples: ['app'] }),
    pod: z
      .string()
      .optional()
      .meta({ description: 'The pod of the first of these events.', examples: [EXAMPLE_EXPLANATION.pod] }),
    permittedBy: z
      .strictObject({
        name: z.string().meta({ description: 'The policy set.', examples: ['default'] }),
        version: z
          .int()
          .min(1)
          .meta({ description: 'Its version.', examples: [7] }),
      })
      .optional()
      .meta({
        description:
          'The version that permitted the workload when the manifest was made, as the message says.',
        examples: [EXAMPLE_EXPLANATION.permittedBy],
      }),
    blocked: BlockedActionSchema,
    process: z
      .strictObject({
        binary: z
          .string()
          .meta({ description: 'The binary of the process.', examples: ['/usr/bin/api-server'] }),
        parent: z
          .string()
          .optional()
          .meta({ description: 'The binary of the process that started it.', examples: ['/usr/bin/tini'] }),
      })
      .meta({
        description: 'The process of the first of these events, without its arguments.',
        examples: [EXAMPLE_EXPLANATION.process],
      }),
    count: z
      .int()
      .min(1)
      .meta({ description: 'How many events of the body say this.', examples: [1] }),
    first: z
      .string()
      .meta({ description: 'When the first of them happened.', examples: [EXAMPLE_EXPLANATION.first] }),
    last: z
      .string()
      .meta({ description: 'When the last of them happened.', examples: [EXAMPLE_EXPLANATION.last] }),
    line: z
      .int()
      .min(1)
      .meta({ description: 'The line of one of them, or its place in an array, from 1.', examples: [1] }),
    remedies: z.array(RemedySchema).meta({
      description:
        'What ends the block, the narrowest first. Each is enough by itself, except for capabilities.',
      examples: [[]],
    }),
    notes: z
      .array(z.string())
      .meta({ description: 'What else there is to know, in sentences.', examples: [[]] }),
  })
  .meta({
    id: 'Explanation',
    description: 'What events of one block mean, and what ends it.',
    examples: [EXAMPLE_EXPLANATION],
  });

/** The explanation of one block. */
export type ExplanationAnswer = z.output<typeof ExplanationSchema>;
/** Something that ends a block. */
export type RemedyAnswer = z.output<typeof RemedySchema>;
/** A change to a workload. */
export type ChangeAnswer = z.output<typeof ChangeSchema>;
