import { z } from 'zod';

/** The names of policy sets and aliases: RFC 1123 labels. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const PolicySetNameSchema = z
  .string()
  .regex(LABEL, 'Expected at most 63 lower-case letters, digits and hyphens.')
  .meta({ id: 'PolicySetName', description: 'The name of a policy set.', examples: ['default'] });

export const DigestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'Expected sha256: and 64 hexadecimal digits.')
  .meta({
    id: 'Digest',
    description: 'The SHA-256 digest of the canonical content of a version.',
    examples: ['sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  });

/** How a version is referred to: an alias, a number, or a digest. */
export const ReferenceSchema = z
  .union([DigestSchema, z.string().regex(/^[1-9][0-9]{0,14}$/), z.string().regex(LABEL)], {
    error: 'Expected an alias (active), a version number (7) or a digest (sha256:…).',
  })
  .meta({
    id: 'PolicySetReference',
    description: 'A version of a policy set: an alias such as `active`, a number, or a digest.',
    examples: ['active'],
  });

const EntityUidSchema = z.union([
  z.strictObject({ type: z.string(), id: z.string() }),
  z.strictObject({ __entity: z.strictObject({ type: z.string(), id: z.string() }) }),
]);

const EntitySchema = z.strictObject({
  uid: EntityUidSchema,
  attrs: z.record(z.string(), z.json()).default({}),
  parents: z.array(EntityUidSchema).default([]),
  tags: z.record(z.string(), z.json()).default({}),
});

/**
 * The content of a version: everything its digest covers. Stored as canonical JSON under the digest, and
 * never changed. Unknown fields are refused: a newer writer may mean something that we would not do.
 */
export const VersionContentSchema = z.strictObject({
  format: z.literal(1),
  /** Cedar text of one policy under each `@id`. */
  policies: z.record(z.string(), z.string()),
  /** A Cedar schema that extends the Lattice namespace, if the set has one. */
  schema: z.string().nullable(),
  /** Entities of the set, in Cedar's JSON form. */
  entities: z.array(EntitySchema),
  settings: z.strictObject({
    /** Ask for a permit for auto-detected entrypoints too. */
    authorizeEntrypoints: z.boolean(),
  }),
  /** The set's own test cases; run when it is published. */
  tests: z.array(z.json()),
  message: z.string(),
  author: z.string(),
  /** RFC 3339, UTC. */
  createdAt: z.iso.datetime(),
});
export type VersionContent = z.output<typeof VersionContentSchema>;

/** What an alias, a number or a digest of a set leads to. */
export const VersionPointerSchema = z.strictObject({ version: z.int().min(1), digest: DigestSchema });
export type VersionPointer = z.output<typeof VersionPointerSchema>;

/**
 * Where things live in KV. Bodies are shared by all sets and named by content; pointers belong to one
 * set, so that a digest of another set is not a way around this one.
 */
export const KEYS = {
  body: (digest: string) => `v1/body/${digest}`,
  set: (name: string) => `v1/set/${name}`,
  alias: (name: string, alias: string) => `v1/set/${name}/alias/${alias}`,
  version: (name: string, version: string) => `v1/set/${name}/version/${version}`,
  digest: (name: string, digest: string) => `v1/set/${name}/digest/${digest}`,
} as const;
