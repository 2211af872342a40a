import { z } from 'zod';
import { ACCESS_ACTIONS } from '../cedar/access-question.ts';
import { CallerSchema } from '../cedar/caller.ts';
import { DENIAL_REASONS } from '../cedar/determining-policy.ts';
import { AskedOverrideSchema, PrincipalSchema } from '../cedar/override-question.ts';
import { AllowedOptionsSchema } from '../compiler/model/allowed-options.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { NameSchema } from '../compiler/model/names.ts';

/** The names of policy sets and aliases: RFC 1123 labels. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The name of a policy set. */
export const PolicySetNameSchema = z
  .string()
  .regex(LABEL, 'Expected at most 63 lower-case letters, digits and hyphens.')
  .meta({ id: 'PolicySetName', description: 'The name of a policy set.', examples: ['default'] });

/** The set whose policies decide who may use this API. */
export const MANAGEMENT_SET = 'management';

/** The SHA-256 of a content, as `sha256:` and 64 hexadecimal digits. */
export const DigestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'Expected sha256: and 64 hexadecimal digits.')
  .meta({
    id: 'Digest',
    description: 'The SHA-256 digest of the canonical content of a version.',
    examples: ['sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  });

const NUMBER = /^[1-9][0-9]{0,14}$/;

/** An alias: a label that could not be read as a number. */
export const AliasSchema = z
  .string()
  .regex(LABEL, 'Expected at most 63 lower-case letters, digits and hyphens.')
  .regex(/[^0-9]/, 'An alias of digits alone would be read as a version number.')
  .meta({
    id: 'PolicySetAlias',
    description: 'A name for a version, such as `active`.',
    examples: ['active'],
  });

/** How a version is referred to: an alias, a number, or a digest. */
export const ReferenceSchema = z
  .union([DigestSchema, z.string().regex(NUMBER), AliasSchema], {
    error: 'Expected an alias (active), a version number (7) or a digest (sha256:…).',
  })
  .meta({
    id: 'PolicySetReference',
    description: 'A version of a policy set: an alias such as `active`, a number, or a digest.',
    examples: ['active'],
  });

/** What a reference is, by its form alone. */
export function referenceKind(reference: string): 'digest' | 'number' | 'alias' {
  if (reference.startsWith('sha256:')) return 'digest';
  return NUMBER.test(reference) ? 'number' : 'alias';
}

const EntityTypeAndIdSchema = z.strictObject({
  type: z.string().meta({ description: 'Its type.', examples: ['Lattice::Namespace'] }),
  id: z.string().meta({ description: 'Its id.', examples: ['ci'] }),
});
const EntityUidSchema = z
  .union([EntityTypeAndIdSchema, z.strictObject({ __entity: EntityTypeAndIdSchema })])
  .meta({
    id: 'EntityUid',
    description: "The type and id of an entity, in either of Cedar's two JSON forms.",
    examples: [{ type: 'Lattice::Namespace', id: 'ci' }],
  });

/** Not `z.json()`, which names itself anew at every level: a document of the API cannot refer to that. */
const JsonValueSchema: z.ZodType<z.core.util.JSONType> = z
  .lazy(() =>
    z.union([
      z.string(),
      z.number(),
      z.boolean(),
      z.null(),
      z.array(JsonValueSchema),
      z.record(z.string(), JsonValueSchema),
    ]),
  )
  .meta({ id: 'JsonValue', description: 'Any JSON value.', examples: [{ owner: 'platform' }] });

const EntitySchema = z
  .strictObject({
    uid: EntityUidSchema,
    attrs: z
      .record(z.string(), JsonValueSchema)
      .default({})
      .meta({ description: 'Its attributes.', examples: [{}] }),
    parents: z
      .array(EntityUidSchema)
      .default([])
      .meta({ description: 'What it belongs to.', examples: [[{ type: 'Lattice::Team', id: 'platform' }]] }),
    tags: z
      .record(z.string(), JsonValueSchema)
      .default({})
      .meta({ description: 'Its tags.', examples: [{}] }),
  })
  .meta({
    id: 'Entity',
    description: "An entity in Cedar's JSON form.",
    examples: [
      { uid: { type: 'Lattice::Namespace', id: 'ci' }, parents: [{ type: 'Lattice::Team', id: 'platform' }] },
    ],
  });

const TestNameSchema = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'What the case shows.', examples: ['nobody is privileged'] });

const TestExpectationSchema = z
  .strictObject({
    decision: z
      .enum(['allow', 'deny'])
      .meta({ description: 'The decision for each of the overrides.', examples: ['deny'] }),
    reason: z
      .enum(DENIAL_REASONS)
      .optional()
      .meta({
        description: 'Why each is denied; not compared when left out.',
        examples: ['ExplicitForbid'],
      }),
    policies: z
      .array(z.string())
      .optional()
      .meta({
        description:
          'The `@id`s of the policies that decide, over all the overrides and in any order; not compared when left out.',
        examples: [['never-privileged']],
      }),
  })
  .meta({
    id: 'TestExpectation',
    description: 'What a test case expects.',
    examples: [{ decision: 'deny', policies: ['never-privileged'] }],
  });

const EXAMPLE_TEST = {
  name: 'nobody is privileged',
  principal: { namespace: 'infra', name: 'node-agent' },
  overrides: ['privileged'],
  expect: { decision: 'deny', policies: ['never-privileged'] },
};

const WorkloadTestSchema = z
  .strictObject({
    name: TestNameSchema,
    principal: PrincipalSchema,
    overrides: z
      .array(AskedOverrideSchema)
      .min(1)
      .meta({ description: 'What it asks for.', examples: [['privileged']] }),
    expect: TestExpectationSchema,
  })
  .meta({
    id: 'WorkloadTest',
    description: 'What a policy set decides about a workload.',
    examples: [EXAMPLE_TEST],
  });
/** A test case about a workload and the overrides that it asks for. */
export type WorkloadTest = z.output<typeof WorkloadTestSchema>;

const AccessTestSchema = z
  .strictObject({
    name: TestNameSchema,
    caller: CallerSchema,
    action: z.enum(ACCESS_ACTIONS).meta({ description: 'What it wants.', examples: ['compile'] }),
    policySet: PolicySetNameSchema.optional().meta({
      description: 'Of which set: `default` when left out, or the whole API for `read`.',
      examples: ['default'],
    }),
    namespace: NameSchema.optional().meta({
      description: 'Of which namespace, for `compile` and `authorize`; `default` when left out.',
      examples: ['production'],
    }),
    reference: ReferenceSchema.optional().meta({
      description: 'By which version, for `compile`, `authorize` and `admission`; `active` when left out.',
      examples: ['active'],
    }),
    alias: AliasSchema.optional().meta({
      description: 'Which alias, for `activate`; left out for archiving and restoring.',
      examples: ['active'],
    }),
    scopes: z
      .array(z.string())
      .optional()
      .meta({ description: 'The scopes of the key to create, for `manageKeys`.', examples: [['read']] }),
    expect: TestExpectationSchema,
  })
  .meta({
    id: 'AccessTest',
    description: 'What the set `management` decides about a caller.',
    examples: [
      {
        name: 'the token of a pipeline alone permits nothing',
        caller: { kind: 'oidc' },
        action: 'compile',
        namespace: 'production',
        expect: { decision: 'deny' },
      },
    ],
  });
/** A test case about a caller of this API, for the set `management`. */
export type AccessTest = z.output<typeof AccessTestSchema>;

const TestCaseSchema = z.union([WorkloadTestSchema, AccessTestSchema]).meta({
  id: 'PolicyTest',
  description: 'A test case of a policy set, run whenever a version is checked or published.',
  examples: [EXAMPLE_TEST],
});
/** A test case of a policy set. */
export type PolicyTest = z.output<typeof TestCaseSchema>;

const SettingsSchema = z
  .strictObject({
    authorizeEntrypoints: z
      .boolean()
      .default(false)
      .meta({ description: 'Ask for a permit for auto-detected entrypoints too.', examples: [false] }),
    options: AllowedOptionsSchema.optional().meta({
      description:
        'The values of compile options that callers may use, so that nobody asks for less than the organisation wants: `mode=monitor` kills nothing. All values when left out.',
      examples: [{ mode: ['enforce'], rootfsMagic: ['0x794c7630'] }],
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

/** What decides: all that makes two versions the same or different. */
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
 * The content of a version: everything its digest covers. Stored as canonical JSON under the digest, and
 * never changed. Unknown fields are refused: a newer writer may mean something that we would not do.
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

/** What an alias, a number or a digest of a set leads to. */
export const VersionPointerSchema = z.strictObject({ version: z.int().min(1), digest: DigestSchema });
/** The number and the digest of a version. */
export type VersionPointer = z.output<typeof VersionPointerSchema>;

/** What an alias leads to: nothing while its set is archived. */
export const AliasTargetSchema = z.union([
  VersionPointerSchema,
  z.strictObject({ archived: z.literal(true) }),
]);
/** A version, or nothing while the set is archived. */
export type AliasTarget = z.output<typeof AliasTargetSchema>;

/** What the list of sets says of each. */
export const SetSummarySchema = z
  .strictObject({
    name: PolicySetNameSchema,
    description: z
      .string()
      .max(LIMITS.message)
      .meta({ description: 'What it is for.', examples: ['What production may run.'] }),
    archived: z.boolean().meta({ description: 'Whether it is archived.', examples: [false] }),
    createdAt: z.iso
      .datetime()
      .meta({ description: 'When it was created (RFC 3339, UTC).', examples: ['2026-01-01T00:00:00Z'] }),
  })
  .meta({
    id: 'PolicySetSummary',
    description: 'A policy set in a list.',
    examples: [{ name: 'default', description: '', archived: false, createdAt: '2026-01-01T00:00:00Z' }],
  });
/** A policy set, as the list of sets shows it. */
export type SetSummary = z.output<typeof SetSummarySchema>;

/**
 * Where things live in KV. Bodies are shared by all sets and named by content; pointers belong to one
 * set, so that a digest of another set is not a way around this one.
 */
export const KEYS = {
  body: (digest: string) => `v1/body/${digest}`,
  /**
   * How the policies of a body are found. Made from the body: raise the number with every change of what is
   * made (`termsOf`, `buildIndex`, `explicitEntities`, `storedPolicies`), in form or in meaning, so that no older one is read.
   */
  index: (digest: string) => `v1/index/3/${digest}`,
  /** Some of the policies of a body, by the digest of the page itself. */
  page: (digest: string) => `v1/page/${digest}`,
  /** Every set's summary: these alone are listed. */
  sets: 'v1/sets/',
  set: (name: string) => `v1/sets/${name}`,
  alias: (name: string, alias: string) => `v1/set/${name}/alias/${alias}`,
  version: (name: string, version: string) => `v1/set/${name}/version/${version}`,
  digest: (name: string, digest: string) => `v1/set/${name}/digest/${digest}`,
} as const;
