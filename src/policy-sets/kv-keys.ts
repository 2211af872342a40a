/**
 * The keys of policy sets in KV, and the values that are short enough to be described here.
 * @module
 */
import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';
import { DigestSchema, PolicySetNameSchema } from './references.ts';

/** The value of a version's number or digest in KV: the number and the digest of the version. */
export const VersionPointerSchema = z.strictObject({ version: z.int().min(1), digest: DigestSchema });
/** The number and the digest of a version. */
export type VersionPointer = z.output<typeof VersionPointerSchema>;

/** The value of an alias in KV: a version, or a mark that its set is archived. */
export const AliasTargetSchema = z.union([
  VersionPointerSchema,
  z.strictObject({ archived: z.literal(true) }),
]);
/** The target of an alias: a version, or a mark that its set is archived. */
export type AliasTarget = z.output<typeof AliasTargetSchema>;

/** A policy set as the list of sets shows it. */
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
/** A policy set as the list of sets shows it. */
export type SetSummary = z.output<typeof SetSummarySchema>;

/**
 * The keys in KV. Bodies, indexes and pages are named by their content and shared by all sets. Pointers belong to one
 * set, so that the digest of a version leads nowhere in a set that does not have that version.
 */
export const KEYS = {
  /** The canonical content of a version. */
  body: (digest: string) => `v1/body/${digest}`,
  /**
   * The index by which requests find the policies of a body. It is made from the body. Raise the number with every
   * change, in form or in meaning, of what makes it (`termsOf`, `buildIndex`, `explicitEntities`, `storedPolicies`),
   * so that no older index is read.
   */
  index: (digest: string) => `v1/index/4/${digest}`,
  /** A page with some of the policies of a body, by the digest of the page. */
  page: (digest: string) => `v1/page/${digest}`,
  /** What the keys of all sets begin with. Only these keys are listed. */
  sets: 'v1/sets/',
  /** A set, with its summary as metadata. */
  set: (name: string) => `v1/sets/${name}`,
  /** The target of an alias. */
  alias: (name: string, alias: string) => `v1/set/${name}/alias/${alias}`,
  /** The version of a set with a number. */
  version: (name: string, version: string) => `v1/set/${name}/version/${version}`,
  /** The version of a set with a digest. */
  digest: (name: string, digest: string) => `v1/set/${name}/digest/${digest}`,
} as const;
