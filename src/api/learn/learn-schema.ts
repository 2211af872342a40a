/**
 * The schemas of what `POST /learn` answers. Names that come from events have no invisible characters.
 * @module
 */
import { z } from 'zod';
import { DecisionSchema, PolicySetVersionSchema } from '../../http/decision-schema.ts';
import { NoticeSchema } from '../../judgement/notice-answer.ts';
import { LearntContainerSchema } from './container-schema.ts';
import { count } from './schema-fields.ts';
import { VerdictSchema } from './verdict-schema.ts';

const CountedSchema = z
  .strictObject({
    reason: z.string().meta({ description: 'The reason.', examples: ['other-pod'] }),
    message: z.string().meta({
      description: 'The reason in words.',
      examples: ['A pod that none of the workloads selects by its labels.'],
    }),
    count: z
      .int()
      .min(1)
      .meta({ description: 'How many there are.', examples: [12] }),
  })
  .meta({
    id: 'CountedByReason',
    description: 'How many lines or events were set aside for one reason.',
    examples: [
      { reason: 'other-pod', message: 'A pod that none of the workloads selects by its labels.', count: 12 },
    ],
  });

const EventsSchema = z
  .strictObject({
    bytes: count('Bytes of the events, expanded.', 184_320),
    lines: count('Lines that are not empty.', 260),
    exec: count('Events of the kind `process_exec`.', 120),
    exit: count('Events of the kind `process_exit`.', 130),
    kprobe: count('Events of the kind `process_kprobe`.', 9),
    dropped: count('Events that the agent says it has dropped.'),
    unread: z
      .array(CountedSchema)
      .meta({ description: 'Lines that are not read as events.', examples: [[]] }),
    setAside: z
      .array(CountedSchema)
      .meta({ description: 'Events that belong to no container of the workloads.', examples: [[]] }),
  })
  .meta({
    id: 'LearntEvents',
    description: 'What was read of the events.',
    examples: [
      { bytes: 184_320, lines: 260, exec: 120, exit: 130, kprobe: 9, dropped: 0, unread: [], setAside: [] },
    ],
  });

const ServiceSchema = z
  .strictObject({
    service: z.string().meta({ description: 'Namespace and name.', examples: ['shop/web'] }),
    kind: z.string().meta({ description: 'The kind of workload.', examples: ['deployment'] }),
    containers: z.array(LearntContainerSchema).meta({ description: 'Its containers.', examples: [[]] }),
    policies: z.array(VerdictSchema).meta({ description: 'A verdict for each policy.', examples: [[]] }),
  })
  .meta({
    id: 'LearntService',
    description: 'What was learnt of a workload.',
    examples: [{ service: 'shop/web', kind: 'deployment', containers: [], policies: [] }],
  });

/** The schema of the JSON answer of `POST /learn`. */
export const LearnAnswerSchema = z
  .strictObject({
    policySet: PolicySetVersionSchema,
    events: EventsSchema,
    services: z
      .array(ServiceSchema)
      .meta({ description: 'The workloads, in the order of the body.', examples: [[]] }),
    decisions: z.array(DecisionSchema).meta({
      description:
        'The decision for every override that the workloads ask for with the proposed allowlists. Learnt is not allowed: a denied one needs a permit.',
      examples: [[]],
    }),
    notices: z.array(NoticeSchema).meta({ description: 'What the caller should know.', examples: [[]] }),
  })
  .meta({
    id: 'Learnt',
    description: 'What events show of workloads.',
    examples: [
      {
        policySet: {
          name: 'default',
          version: 7,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        events: {
          bytes: 184_320,
          lines: 260,
          exec: 120,
          exit: 130,
          kprobe: 9,
          dropped: 0,
          unread: [],
          setAside: [],
        },
        services: [],
        decisions: [],
        notices: [],
      },
    ],
  });

/** The JSON answer of `POST /learn`. */
export type LearnAnswer = z.output<typeof LearnAnswerSchema>;
