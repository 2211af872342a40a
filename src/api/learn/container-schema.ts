import { z } from 'zod';
import { BINARY_CLASS_NAMES } from '../../learn/binary-classes.ts';
import { count, time } from './schema-fields.ts';

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

/** The schema of what was learnt of a container. */
export const LearntContainerSchema = z
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
