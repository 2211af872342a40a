/**
 * The content of a version as JSON: as it is sent, and as it is stored.
 * @module
 */
import { z } from 'zod';
import { AllowedOptionsSchema } from '../compiler/model/allowed-options.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { WorkloadKindsSchema } from '../compiler/model/workload-kinds.ts';
import { EntitySchema } from './entity-schema.ts';
import { TestCaseSchema } from './policy-tests.ts';

const SettingsSchema = z
  .strictObject({
    authorizeEntrypoints: z
      .boolean()
      .default(false)
      .meta({ description: 'Ask for a permit for auto-detected entrypoints too.', examples: [false] }),
    authorizeUnset: z
      .boolean()
      .optional()
      .meta({
        description:
          'Ask for a permit too for fields of Kubernetes workloads that are left out, where the restricted level of Pod Security demands them. False when left out.',
        examples: [true],
      }),
    options: AllowedOptionsSchema.optional().meta({
      description:
        'The values of compile options that callers may use, so that nobody asks for less than the organisation wants: `mode=monitor` kills nothing. All values when left out.',
      examples: [{ mode: ['enforce'], rootfsMagic: ['0x794c7630'] }],
    }),
    workloadKinds: WorkloadKindsSchema.optional().meta({
      description:
        'Kinds of workloads of your own, whose pods are then read, decided about and enforced like those of a Deployment.',
      examples: [
        [{ group: 'example.org', versions: ['v1'], kind: 'Widget', pods: [{ at: 'spec.template' }] }],
      ],
    }),
  })
  .meta({
    id: 'PolicySetSettings',
    description: 'What a version asks for beyond its policies.',
    examples: [{ authorizeEntrypoints: false }],
  });

const messageField = z
  .string()
  .max(LIMITS.message)
  .default('')
  .meta({ description: 'Why it was made.', examples: ['Let the media team run ffmpeg.'] });
const authorField = z
  .string()
  .max(LIMITS.author)
  .default('')
  .meta({ description: 'Who wrote it, in their own words.', examples: ['Ada <ada@example.org>'] });

/** The fields of a draft. Two versions with the same draft are the same version. */
const draftFields = {
  policies: z.record(z.string(), z.string()).meta({
    description: 'The Cedar text of one policy under each `@id`.',
    examples: [{ 'allow-all': '@id("allow-all")\npermit (principal, action, resource);' }],
  }),
  schema: z
    .string()
    .nullable()
    .default(null)
    .meta({
      description:
        "A Cedar schema in place of Lattice's, for a set that extends it. It must cover whatever workloads ask.",
      examples: [null],
    }),
  entities: z
    .array(EntitySchema)
    .default([])
    .meta({
      description: 'Entities of the set: teams, environments, and what belongs to them.',
      examples: [[]],
    }),
  settings: SettingsSchema.default({ authorizeEntrypoints: false }),
  tests: z
    .array(TestCaseSchema)
    .max(LIMITS.tests)
    .default([])
    .meta({ description: 'Its test cases.', examples: [[]] }),
};
const DraftSchema = z.strictObject(draftFields);
/** The part of a version that decides: policies, schema, entities, settings and test cases. */
export type VersionDraft = z.output<typeof DraftSchema>;

/** The body that publishes a version, as JSON. */
export const VersionRequestSchema = z
  .strictObject({ ...draftFields, message: messageField, author: authorField })
  .meta({
    id: 'VersionRequest',
    description: 'A version to check or to publish.',
    examples: [
      {
        policies: { 'allow-all': '@id("allow-all")\npermit (principal, action, resource);' },
        message: 'A first version.',
      },
    ],
  });
/** A version to publish: what decides, with a message and an author. */
export type VersionRequest = z.output<typeof VersionRequestSchema>;

/**
 * The content of a version: everything that its digest covers. It is stored as canonical JSON under the digest, and
 * never changed. Unknown fields are refused, because a newer release may have given them a meaning that this one
 * ignores.
 */
export const VersionContentSchema = z
  .strictObject({
    format: z.literal(1).meta({ description: 'The form of the content.', examples: [1] }),
    ...draftFields,
    message: messageField,
    author: authorField,
    createdAt: z.iso
      .datetime()
      .meta({ description: 'When it was published (RFC 3339, UTC).', examples: ['2026-01-01T00:00:00Z'] }),
  })
  .meta({
    id: 'VersionContent',
    description: 'The content of a version: everything that its digest covers.',
    examples: [
      {
        format: 1,
        policies: { 'allow-all': '@id("allow-all")\npermit (principal, action, resource);' },
        schema: null,
        entities: [],
        settings: { authorizeEntrypoints: false },
        tests: [],
        message: 'A first version.',
        author: '',
        createdAt: '2026-01-01T00:00:00Z',
      },
    ],
  });
/** The content of a version: everything that its digest covers. */
export type VersionContent = z.output<typeof VersionContentSchema>;

/** The part of a version's content that decides. */
export function draftOf({ policies, schema, entities, settings, tests }: VersionDraft): VersionDraft {
  return { policies, schema, entities, settings, tests };
}
