import { z } from 'zod';
import { PolicySetVersionSchema } from '../../http/decision-schema.ts';
import { ExplanationSchema } from './explanation-schema.ts';
import { SKIPPED } from './read-events.ts';

const SkippedSchema = z
  .strictObject({
    reason: z.enum(Object.keys(SKIPPED)).meta({
      description:
        'Why they are not explained. `not-ours`: the policy is not one of Tracewright. `no-hook`: the event tells of a process, and of no policy. `contradictory`: the parts of the event do not belong together.',
      examples: ['not-ours'],
    }),
    message: z.string().meta({ description: 'The reason in words.', examples: [SKIPPED['no-hook']] }),
    count: z
      .int()
      .min(1)
      .meta({ description: 'How many there are.', examples: [12] }),
    lines: z.array(z.int().min(1)).meta({
      description: 'The lines of the first of them, or their places in an array.',
      examples: [[3, 4]],
    }),
  })
  .meta({
    id: 'SkippedEvents',
    description: 'Lines of the body that are not explained.',
    examples: [{ reason: 'no-hook', message: SKIPPED['no-hook'], count: 12, lines: [1, 2, 5] }],
  });

/** The schema of the answer of `POST /explain`. */
export const ExplainAnswerSchema = z
  .strictObject({
    policySet: PolicySetVersionSchema,
    explained: z.array(ExplanationSchema).meta({
      description: 'The blocks, sorted by service, policy and summary. Events that say the same are one.',
      examples: [[]],
    }),
    unexplained: z
      .int()
      .min(0)
      .meta({
        description: 'How many further blocks there are, beyond the most that one answer explains.',
        examples: [0],
      }),
    skipped: z.array(SkippedSchema).meta({ description: 'What is not explained.', examples: [[]] }),
  })
  .meta({
    id: 'ExplainAnswer',
    description: 'What events mean.',
    examples: [
      {
        policySet: {
          name: 'default',
          version: 7,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        explained: [],
        unexplained: 0,
        skipped: [{ reason: 'no-hook', message: SKIPPED['no-hook'], count: 12, lines: [1, 2, 5] }],
      },
    ],
  });

/** The answer of `POST /explain`. */
export type ExplainAnswer = z.output<typeof ExplainAnswerSchema>;
