import { z } from 'zod';
import { VERDICT_NAMES } from '../../learn/verdicts.ts';
import { time } from './schema-fields.ts';

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

/** The schema of a verdict about one policy. */
export const VerdictSchema = z
  .strictObject({
    policy: z.string().meta({ description: 'The generated policy.', examples: ['block-rootfs-write'] }),
    verdict: z.enum(VERDICT_NAMES).meta({
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
