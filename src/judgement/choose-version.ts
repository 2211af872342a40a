import type { Context } from 'hono';
import { NameSchema } from '../compiler/model/names.ts';
import type { Environment } from '../http/environment.ts';
import { permit } from '../http/permit.ts';
import type { ProblemCode } from '../http/problem-codes.ts';
import { invalidRequest } from '../http/problems.ts';
import { settingsOf, storeOf } from '../http/settings-of.ts';
import { MANAGEMENT_SET, PolicySetNameSchema, ReferenceSchema, referenceKind } from '../policy-sets/model.ts';
import { type ResolvedVersion, resolveVersion } from '../policy-sets/repository.ts';

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

/** The query parameters of operations that read workloads and decide about them. */
export const workloadQuery = {
  ...policySetQuery,
  namespace: NameSchema.optional().meta({
    description: 'The namespace of Kubernetes workloads that name none, as with `kubectl --namespace`.',
    examples: ['shop'],
  }),
};

/** The problems of {@link readServices} and {@link resolvePolicySet}. */
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
  'not-configured',
];

/** Which version shall decide, and for which namespaces. */
interface Asked {
  readonly policySet: string;
  readonly version: string;
  readonly namespaces: readonly string[];
}

/**
 * Reads the version to decide by, if the caller may have these namespaces decided by it.
 *
 * @throws Problem when it may not, or the version cannot be had or trusted.
 */
export async function resolvePermitted(
  context: Context<Environment>,
  action: 'compile' | 'authorize',
  asked: Asked,
): Promise<ResolvedVersion> {
  await permitNamespaces(context, action, asked);
  return resolveAsked(context, asked);
}

/** Asks whether the caller may have these namespaces decided by a version. @throws Problem when it may not */
export async function permitNamespaces(
  context: Context<Environment>,
  action: 'compile' | 'authorize',
  { policySet, version: reference, namespaces }: Asked,
): Promise<void> {
  refuseManagement(policySet);
  await permit(
    context,
    // A body of other objects alone belongs to nobody's namespace, and still names a policy set.
    [...new Set(namespaces.length === 0 ? ['default'] : namespaces)].map((namespace) => ({
      action,
      policySet,
      namespace,
      reference,
    })),
  );
}

/** Reads a version to decide by, for a caller who may. @throws Failure when it cannot be had or trusted */
export async function resolveAsked(
  context: Context<Environment>,
  { policySet, version: reference }: Pick<Asked, 'policySet' | 'version'>,
): Promise<ResolvedVersion> {
  refuseManagement(policySet);
  const record = context.get('record');
  const { aliasSeconds } = settingsOf(context);
  const version = await record.time('policy-set', () =>
    resolveVersion(storeOf(context), policySet, reference, aliasSeconds),
  );
  record.policySet = versionAnswer(version);
  return version;
}

/** Its policies speak of callers: what they permit means nothing for workloads. @throws Problem */
export function refuseManagement(policySet: string): void {
  if (policySet !== MANAGEMENT_SET) return;
  throw invalidRequest([
    {
      parameter: 'policySet',
      message: `The set ${MANAGEMENT_SET} decides about callers of this API, not about workloads.`,
    },
  ]);
}

/** Whether an answer depends on an alias: then it must not be kept, because tomorrow it may be another. */
export function dependsOnAlias(...references: readonly string[]): boolean {
  return references.some((reference) => referenceKind(reference) === 'alias');
}

/** The part of a version that answers name it by. */
export function versionAnswer({ name, version, digest }: ResolvedVersion): {
  name: string;
  version: number;
  digest: string;
} {
  return { name, version, digest };
}
