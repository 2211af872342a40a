import { NameSchema } from '../compiler/model/names.ts';
import type { ProblemCode } from '../http/problem-codes.ts';
import { PolicySetNameSchema, ReferenceSchema } from '../policy-sets/references.ts';

/** The query parameters that choose a policy-set version. */
export const policySetQuery = {
  policySet: PolicySetNameSchema.default('default').meta({
    description: 'The policy set to decide by.',
    examples: ['default'],
  }),
  version: ReferenceSchema.default('active').meta({
    description: 'Its version: an alias, a number or a digest.',
    examples: ['active'],
  }),
};

/** The query parameters of operations that read workloads and decide about them, such as `/compile`. */
export const workloadQuery = {
  ...policySetQuery,
  namespace: NameSchema.optional().meta({
    description: 'The namespace of Kubernetes workloads that name none, as with `kubectl --namespace`.',
    examples: ['shop'],
  }),
};

/** The problems of operations that read workloads, resolve a version and decide by it. */
export const DECISION_PROBLEMS: readonly ProblemCode[] = [
  'malformed-body',
  'body-too-large',
  'unsupported-media-type',
  'invalid-request',
  'policy-set-not-found',
  'policy-set-version-not-found',
  'policy-set-archived',
  'policy-set-unavailable',
  'policy-set-corrupt',
  'images-unavailable',
  'not-configured',
];
