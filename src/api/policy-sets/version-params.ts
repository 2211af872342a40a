import { z } from 'zod';
import type { ProblemCode } from '../../http/problem-codes.ts';
import { ReferenceSchema } from '../../policy-sets/references.ts';
import { setParams } from './set-params.ts';

const reference = (description: string): typeof ReferenceSchema =>
  ReferenceSchema.meta({ description, examples: ['active'] });

/** The path parameters of a version. */
export const VersionParamsSchema = z.strictObject({
  ...setParams,
  version: reference('The version: an alias, a number or a digest.'),
});

/** The path parameters of two versions. */
export const DiffParamsSchema = z.strictObject({
  ...setParams,
  before: reference('The version to compare with.'),
  after: reference('The version to compare.'),
});

/** The problems of reading a version. */
export const READ_PROBLEMS: readonly ProblemCode[] = [
  'invalid-request',
  'policy-set-not-found',
  'policy-set-version-not-found',
  'policy-set-unavailable',
  'policy-set-corrupt',
];
