/**
 * The names of policy sets, aliases and versions.
 * @module
 */
import { z } from 'zod';

/** The form of the names of policy sets and aliases: a label of RFC 1123. */
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

/** The form of a version number. */
const NUMBER = /^[1-9][0-9]{0,14}$/;

/** An alias: a label that cannot be taken for a version number. */
export const AliasSchema = z
  .string()
  .regex(LABEL, 'Expected at most 63 lower-case letters, digits and hyphens.')
  .regex(/[^0-9]/, 'An alias of digits alone would be read as a version number.')
  .meta({
    id: 'PolicySetAlias',
    description: 'A name for a version, such as `active`.',
    examples: ['active'],
  });

/** A reference to a version: an alias, a number or a digest. */
export const ReferenceSchema = z
  .union([DigestSchema, z.string().regex(NUMBER), AliasSchema], {
    error: 'Expected an alias (active), a version number (7) or a digest (sha256:…).',
  })
  .meta({
    id: 'PolicySetReference',
    description: 'A version of a policy set: an alias such as `active`, a number, or a digest.',
    examples: ['active'],
  });

/** Which kind of reference a text is, by its form alone. */
export function referenceKind(reference: string): 'digest' | 'number' | 'alias' {
  if (reference.startsWith('sha256:')) return 'digest';
  return NUMBER.test(reference) ? 'number' : 'alias';
}
