import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';
import { DigestSchema, PolicySetNameSchema } from './references.ts';

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
