/**
 * A policy set as the API shows it: its versions, aliases, corpus and history, without the content of versions.
 * @module
 */
import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';
import { VersionPointerSchema } from './kv-keys.ts';
import { PersonSchema } from './person.ts';
import { AliasSchema, DigestSchema, PolicySetNameSchema } from './references.ts';
import { timeField } from './time-field.ts';

const EXAMPLE_DIGEST = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const EXAMPLE_PERSON = { id: 'https://token.actions.githubusercontent.com#583231', name: 'ada' };
const EXAMPLE_BY = {
  caller: 'https://token.actions.githubusercontent.com#repo:acme/shop:ref:refs/heads/main',
  person: EXAMPLE_PERSON,
};

const ByWhomSchema = z
  .strictObject({
    caller: z
      .string()
      .meta({ description: 'The caller, as it was authenticated.', examples: [EXAMPLE_BY.caller] }),
    person: PersonSchema,
  })
  .meta({
    id: 'ByWhom',
    description: 'A caller, and the person behind it.',
    examples: [EXAMPLE_BY],
  });

/** A version of a policy set, without its content. */
export const VersionSummarySchema = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .meta({ description: 'Its number.', examples: [7] }),
    digest: DigestSchema,
    contentDigest: DigestSchema.meta({
      description:
        'The digest of its policies, schema, entities, settings and tests alone. A set holds no two versions with the same.',
    }),
    policies: z.int().meta({ description: 'How many policies it has.', examples: [12] }),
    tests: z.int().meta({ description: 'How many test cases it has.', examples: [9] }),
    bytes: z.int().meta({ description: 'The length of its canonical content.', examples: [4096] }),
    message: z
      .string()
      .meta({ description: 'Why it was made.', examples: ['Let the media team run ffmpeg.'] }),
    author: z
      .string()
      .meta({ description: 'Who wrote it, in their own words.', examples: ['Ada <ada@example.org>'] }),
    createdAt: timeField('When it was published'),
    publishedBy: ByWhomSchema.nullable()
      .default(null)
      .meta({ description: 'Who published it; null when that was not noted yet.' }),
  })
  .meta({
    id: 'VersionSummary',
    description: 'A version of a policy set, without its content.',
    examples: [
      {
        version: 7,
        digest: EXAMPLE_DIGEST,
        contentDigest: EXAMPLE_DIGEST,
        policies: 12,
        tests: 9,
        bytes: 4096,
        message: 'Let the media team run ffmpeg.',
        author: '',
        createdAt: '2026-01-01T00:00:00Z',
        publishedBy: EXAMPLE_BY,
      },
    ],
  });
/** A version of a policy set, without its content. */
export type VersionSummary = z.output<typeof VersionSummarySchema>;

/** An alias and the version that it points at. */
export const AliasStateSchema = z
  .strictObject({
    alias: AliasSchema,
    version: VersionPointerSchema.shape.version.meta({
      description: 'The number of the version it points at.',
      examples: [7],
    }),
    digest: DigestSchema,
    since: timeField('Since when'),
  })
  .meta({
    id: 'AliasState',
    description: 'An alias and the version it points at.',
    examples: [{ alias: 'active', version: 7, digest: EXAMPLE_DIGEST, since: '2026-01-01T00:00:00Z' }],
  });
/** An alias and the version that it points at. */
export type AliasState = z.output<typeof AliasStateSchema>;

/** The stored corpus of a policy set, without its text. */
export const CorpusSummarySchema = z
  .strictObject({
    digest: DigestSchema.meta({ description: 'The SHA-256 digest of its text.' }),
    services: z.int().meta({ description: 'How many services it holds.', examples: [40] }),
    updatedAt: timeField('When it was stored'),
  })
  .meta({
    id: 'CorpusSummary',
    description: 'The services that a set keeps to try new versions on.',
    examples: [{ digest: EXAMPLE_DIGEST, services: 40, updatedAt: '2026-01-01T00:00:00Z' }],
  });

/** A policy set, as the single writer of it knows it. */
export const PolicySetSchema = z
  .strictObject({
    name: PolicySetNameSchema,
    description: z
      .string()
      .max(LIMITS.message)
      .meta({ description: 'What it is for.', examples: ['What production may run.'] }),
    archived: z.boolean().meta({
      description: 'Archived: it takes no changes, and its aliases lead nowhere.',
      examples: [false],
    }),
    createdAt: timeField('When it was created'),
    revision: z
      .int()
      .min(1)
      .meta({ description: 'How many changes it has seen; the ETag says the same.', examples: [9] }),
    latest: VersionSummarySchema.nullable().meta({
      description: 'The version published last; null before the first.',
    }),
    aliases: z.array(AliasStateSchema).meta({ description: 'Its aliases, by name.' }),
    corpus: CorpusSummarySchema.nullable().meta({ description: 'Its corpus, when it has one.' }),
  })
  .meta({
    id: 'PolicySet',
    description: 'A policy set.',
    examples: [
      {
        name: 'default',
        description: 'What production may run.',
        archived: false,
        createdAt: '2026-01-01T00:00:00Z',
        revision: 1,
        latest: null,
        aliases: [],
        corpus: null,
      },
    ],
  });
/** A policy set, as the single writer of it knows it. */
export type PolicySet = z.output<typeof PolicySetSchema>;

/** The kinds of changes in the history of a policy set. */
const CHANGE_KINDS = ['created', 'published', 'pointed', 'archived', 'restored', 'corpus-stored'] as const;

/** A change of a policy set, as its history lists it. */
export const ChangeSchema = z
  .strictObject({
    revision: z
      .int()
      .min(1)
      .meta({ description: 'The revision it led to.', examples: [9] }),
    kind: z.enum(CHANGE_KINDS).meta({
      description: 'What happened; `pointed`: an alias was made to point at a version.',
      examples: ['pointed'],
    }),
    at: timeField('When'),
    by: z.string().meta({
      description: 'The caller that did it, as it was authenticated.',
      examples: [EXAMPLE_BY.caller],
    }),
    person: PersonSchema.nullable().meta({
      description: 'The person behind it; null when that was not noted yet.',
    }),
    reason: z.string().meta({ description: 'Why, in their words.', examples: ['Roll back: too strict.'] }),
    alias: AliasSchema.nullable().meta({ description: 'The alias, for `pointed`.' }),
    before: z
      .string()
      .nullable()
      .meta({
        description: 'What was there before: a version number, or a digest of a corpus.',
        examples: ['8'],
      }),
    after: z
      .string()
      .nullable()
      .meta({ description: 'What is there since.', examples: ['7'] }),
  })
  .meta({
    id: 'PolicySetChange',
    description: 'An entry of the history of a set.',
    examples: [
      {
        revision: 9,
        kind: 'pointed',
        at: '2026-01-01T00:00:00Z',
        by: EXAMPLE_BY.caller,
        person: EXAMPLE_PERSON,
        reason: 'Roll back: too strict.',
        alias: 'active',
        before: '8',
        after: '7',
      },
    ],
  });
/** A change of a policy set, as its history lists it. */
export type Change = z.output<typeof ChangeSchema>;
