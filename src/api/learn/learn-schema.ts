/**
 * The schemas of what `POST /learn` answers. Names that come from events have no invisible characters.
 * @module
 */
import { z } from 'zod';
import { DecisionSchema, PolicySetVersionSchema } from '../../http/decision-schema.ts';
import { NoticeSchema } from '../../judgement/notice-answer.ts';
import { BINARY_CLASS_NAMES } from '../../learn/binary-classes.ts';

const count = (description: string, example = 0) =>
  z
    .int()
    .min(0)
    .meta({ description, examples: [example] });

const time = (description: string) =>
  z.string().meta({ description, examples: ['2026-11-25T08:00:00.000Z'] });

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

const BinarySchema = z
  .strictObject({
    path: z.string().meta({
      description: 'The path by which it was started. Empty where the agent could not read it.',
      examples: ['/usr/bin/id'],
    }),
    files: z.array(z.string()).meta({
      description: 'Paths of its file after symbolic links, where events tell them.',
      examples: [['/usr/bin/id']],
    }),
    status: z.enum(['listed', 'missing', 'never-seen']).meta({
      description:
        '`listed`: the allowlist lets it run. `missing`: it ran, and the allowlist does not. `never-seen`: it is on the allowlist, and did not run.',
      examples: ['missing'],
    }),
    runs: count('How often it was started.', 3),
    stopped: count('How often allow-binaries has stopped it, or would have.'),
    pods: count('In how many pods it ran.', 1),
    first: time('When it was seen first.').optional(),
    last: time('When it was seen last.').optional(),
    parents: z
      .array(
        z
          .strictObject({
            binary: z.string().meta({
              description: 'The binary; empty for a process outside the container.',
              examples: ['/usr/bin/web'],
            }),
            runs: count('How often it started this one.', 3),
          })
          .meta({
            id: 'LearntParent',
            description: 'A binary that started another one.',
            examples: [{ binary: '/usr/bin/web', runs: 3 }],
          }),
      )
      .meta({ description: 'What started it most often, at most ten.', examples: [[]] }),
    classes: z
      .array(
        z
          .strictObject({
            class: z.enum(BINARY_CLASS_NAMES).meta({ description: 'The class.', examples: ['shell'] }),
            reason: z.string().meta({
              description: 'Why the binary has it.',
              examples: [
                'A shell: with it on the allowlist, whoever gets into the container can run scripts.',
              ],
            }),
          })
          .meta({
            id: 'LearntClass',
            description: 'A class of binaries that are proposed only when `include` names it.',
            examples: [
              {
                class: 'shell',
                reason: 'A shell: with it on the allowlist, whoever gets into the container can run scripts.',
              },
            ],
          }),
      )
      .meta({ description: 'Its classes, if it is missing.', examples: [[]] }),
    unlistable: z
      .string()
      .optional()
      .meta({
        description: 'Why no allowlist can name it.',
        examples: ['It ran from memory or from a deleted file, which has no path: every allowlist stops it.'],
      }),
    proposed: z.boolean().meta({ description: 'Whether it is added to the allowlist.', examples: [true] }),
  })
  .meta({
    id: 'LearntBinary',
    description: 'A binary that ran in a container, or is on its allowlist. Arguments are never told.',
    examples: [
      {
        path: '/usr/bin/id',
        files: [],
        status: 'missing',
        runs: 3,
        stopped: 0,
        pods: 1,
        first: '2026-11-25T08:00:00.000Z',
        last: '2026-11-26T09:00:00.000Z',
        parents: [{ binary: '/usr/bin/web', runs: 3 }],
        classes: [],
        proposed: true,
      },
    ],
  });

const ContainerSchema = z
  .strictObject({
    container: z.string().meta({ description: 'Its name.', examples: ['web'] }),
    image: z
      .string()
      .optional()
      .meta({ description: 'Its image.', examples: ['web:1'] }),
    pods: count('In how many pods it was seen.', 2),
    starts: count('How many of its starts were seen.', 2),
    first: time('The time of its first event.').optional(),
    last: time('The time of its last event.').optional(),
    binaries: z.array(BinarySchema).meta({ description: 'Its binaries, by path.', examples: [[]] }),
    allowedBinaries: z
      .array(z.string())
      .optional()
      .meta({
        description: 'What its `allowedBinaries` is to be; absent when nothing is to be changed.',
        examples: [['/usr/bin/id', '/usr/bin/web']],
      }),
    added: z
      .array(z.string())
      .optional()
      .meta({ description: 'What that adds.', examples: [['/usr/bin/id']] }),
    refused: z
      .string()
      .optional()
      .meta({
        description: 'Why the proposal cannot be written into the workloads that were sent.',
        examples: ['The mapping is a YAML alias, so a change would reach other places.'],
      }),
  })
  .meta({
    id: 'LearntContainer',
    description: 'What was learnt of a container.',
    examples: [
      {
        container: 'web',
        image: 'web:1',
        pods: 2,
        starts: 2,
        first: '2026-11-25T08:00:00.000Z',
        last: '2026-11-26T09:00:00.000Z',
        binaries: [],
        allowedBinaries: ['/usr/bin/id', '/usr/bin/web'],
        added: ['/usr/bin/id'],
      },
    ],
  });

const StopSchema = z
  .strictObject({
    container: z.string().meta({ description: 'The container.', examples: ['web'] }),
    what: z
      .string()
      .meta({ description: 'What would be stopped.', examples: ['a change in /var/cache/web'] }),
    count: z
      .int()
      .min(0)
      .meta({ description: 'How often it was seen.', examples: [12] }),
    first: time('When it was seen first.'),
    last: time('When it was seen last.'),
    binaries: z
      .array(z.string())
      .meta({ description: 'The binaries that did it.', examples: [['/usr/bin/web']] }),
    directory: z
      .string()
      .optional()
      .meta({
        description: 'Of a change of the root filesystem: the directory.',
        examples: ['/var/cache/web'],
      }),
    capabilities: z
      .array(z.string())
      .optional()
      .meta({
        description: 'Of a gain of capabilities: those that the pod may not hold.',
        examples: [['NET_ADMIN']],
      }),
  })
  .meta({
    id: 'LearntStop',
    description: 'Something that enforcement would stop.',
    examples: [
      {
        container: 'web',
        what: 'a change in /var/cache/web',
        count: 12,
        first: '2026-11-25T08:00:00.000Z',
        last: '2026-11-26T09:00:00.000Z',
        binaries: ['/usr/bin/web'],
        directory: '/var/cache/web',
      },
    ],
  });

const VerdictSchema = z
  .strictObject({
    policy: z.string().meta({ description: 'The generated policy.', examples: ['block-rootfs-write'] }),
    verdict: z.enum(['ready', 'not-ready', 'not-enough-seen', 'no-policy']).meta({
      description:
        '`ready`: nothing that ran would be stopped, and enough was seen. `not-ready`: something would be. `not-enough-seen`: nothing would be, but too little was seen to rely on it. `no-policy`: there is no such policy for the workload.',
      examples: ['not-ready'],
    }),
    reasons: z
      .array(z.string())
      .meta({ description: 'Why it is not ready.', examples: [['12 calls would be stopped.']] }),
    changes: z.array(z.string()).meta({
      description: 'What to change.',
      examples: [['web: mount an emptyDir at /var/cache/web.']],
    }),
    stops: z.array(StopSchema).meta({ description: 'What would be stopped.', examples: [[]] }),
    mounts: z
      .array(
        z
          .strictObject({
            container: z.string().meta({ description: 'The container.', examples: ['web'] }),
            mountPath: z
              .string()
              .meta({ description: 'Where to mount an emptyDir.', examples: ['/var/cache/web'] }),
          })
          .meta({
            id: 'ProposedMount',
            description: 'A directory that is to be writable.',
            examples: [{ container: 'web', mountPath: '/var/cache/web' }],
          }),
      )
      .meta({
        description: 'The mounts that end the writes to the root filesystem.',
        examples: [[{ container: 'web', mountPath: '/var/cache/web' }]],
      }),
  })
  .meta({
    id: 'LearntVerdict',
    description:
      'Whether a workload would survive the enforcement of one policy, with the proposed allowlists.',
    examples: [
      {
        policy: 'block-rootfs-write',
        verdict: 'not-ready',
        reasons: ['12 calls would be stopped.'],
        changes: ['web: mount an emptyDir at /var/cache/web.'],
        stops: [],
        mounts: [{ container: 'web', mountPath: '/var/cache/web' }],
      },
    ],
  });

const ServiceSchema = z
  .strictObject({
    service: z.string().meta({ description: 'Namespace and name.', examples: ['shop/web'] }),
    kind: z.string().meta({ description: 'The kind of workload.', examples: ['deployment'] }),
    containers: z.array(ContainerSchema).meta({ description: 'Its containers.', examples: [[]] }),
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

const OperationSchema = z
  .union([
    z.strictObject({
      op: z.enum(['add', 'replace']).meta({ description: 'The operation.', examples: ['add'] }),
      path: z
        .string()
        .meta({ description: 'Where, as a JSON pointer.', examples: ['/metadata/annotations'] }),
      value: z.unknown().meta({ description: 'The new value.', examples: [{}] }),
    }),
    z.strictObject({
      op: z.literal('remove').meta({ description: 'The operation.', examples: ['remove'] }),
      path: z
        .string()
        .meta({ description: 'Where, as a JSON pointer.', examples: ['/metadata/annotations/x'] }),
    }),
  ])
  .meta({
    id: 'PatchOperation',
    description: 'An operation of a JSON patch (RFC 6902).',
    examples: [{ op: 'add', path: '/metadata/annotations', value: {} }],
  });

/** The schema of the JSON patches that `POST /learn` answers. */
export const LearnPatchesSchema = z
  .strictObject({
    patches: z
      .array(
        z
          .strictObject({
            document: z
              .int()
              .min(0)
              .meta({ description: 'The document of the workloads, from 0.', examples: [0] }),
            object: z.string().meta({
              description: 'The object in its document, as a JSON pointer; empty for the whole.',
              examples: [''],
            }),
            operations: z
              .array(OperationSchema)
              .meta({ description: 'The patch of the object.', examples: [[]] }),
          })
          .meta({
            id: 'ObjectPatch',
            description: 'The JSON patch of one object.',
            examples: [{ document: 0, object: '', operations: [] }],
          }),
      )
      .meta({ description: 'A patch for each object that changes.', examples: [[]] }),
  })
  .meta({
    id: 'LearntPatches',
    description: 'The proposed allowlists as JSON patches.',
    examples: [{ patches: [{ document: 0, object: '', operations: [] }] }],
  });
