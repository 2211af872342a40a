import { z } from 'zod';
import { ManifestSchema } from '../compiler/emit/tracing-policy.ts';
import { DecisionSchema, PolicySetVersionSchema } from '../http/decision-schema.ts';
import { NoticeSchema } from '../judgement/notice-answer.ts';
import { ServiceSummarySchema } from '../judgement/service-summaries.ts';

/** The schema of a line of an `application/x-ndjson` answer. */
export const StreamRecordSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('start'),
      policySet: PolicySetVersionSchema,
      services: z.int().meta({ description: 'How many services follow.', examples: [1] }),
      notices: z.array(NoticeSchema).meta({ description: 'What the caller should know of the body.' }),
    }),
    z.strictObject({
      type: z.literal('service'),
      summary: ServiceSummarySchema,
      manifests: z
        .array(ManifestSchema)
        .meta({ description: 'Its policies, but those that a service before it has too (`layout=shared`).' }),
      decisions: z.array(DecisionSchema).meta({ description: 'The decision for each of its overrides.' }),
      notices: z.array(NoticeSchema).meta({ description: 'What the caller should know of it.' }),
    }),
    z.strictObject({
      type: z.literal('end'),
      services: z.int().meta({ description: 'How many services there were.', examples: [1] }),
      manifests: z.int().meta({ description: 'How many manifests there were.', examples: [4] }),
      notices: z.array(NoticeSchema).meta({ description: 'What the caller should know of them all.' }),
    }),
  ])
  .meta({
    id: 'StreamRecord',
    description:
      'One line of a streamed answer: `start`, then a `service` for each, then `end`. Without its `end` an answer is incomplete.',
    examples: [{ type: 'end', services: 1, manifests: 4, notices: [] }],
  });

/** A line of an `application/x-ndjson` answer. */
export type StreamRecord = z.output<typeof StreamRecordSchema>;
