import type { Context } from 'hono';
import type { Environment } from '../http/environment.ts';
import { permit } from '../http/permit.ts';
import { invalidRequest } from '../http/problems.ts';
import { settingsOf, storeOf } from '../http/settings-of.ts';
import { resolveVersion } from '../policy-sets/read-versions.ts';
import { MANAGEMENT_SET, referenceKind } from '../policy-sets/references.ts';
import type { ResolvedVersion } from '../policy-sets/version-store.ts';

/** A request for decisions: by which version, and about workloads of which namespaces. */
export interface VersionRequest {
  readonly policySet: string;
  /** An alias, a number or a digest. */
  readonly version: string;
  readonly namespaces: readonly string[];
}

/**
 * Asks whether the caller may do this in these namespaces, then reads the version to decide by. A `/compile` request
 * gets its version here.
 *
 * @throws Problem `forbidden`; Failure when the version cannot be read or trusted.
 */
export async function permitAndResolveVersion(
  context: Context<Environment>,
  action: 'compile' | 'authorize',
  request: VersionRequest,
): Promise<ResolvedVersion> {
  await permitNamespaces(context, action, request);
  return resolveRequestedVersion(context, request);
}

/** Asks whether the caller may do this in these namespaces by this version. @throws Problem `forbidden` */
export async function permitNamespaces(
  context: Context<Environment>,
  action: 'compile' | 'authorize',
  { policySet, version: reference, namespaces }: VersionRequest,
): Promise<void> {
  refuseManagement(policySet);
  await permit(
    context,
    // A body without workloads has no namespace, but it names a policy set, which the caller must be permitted too.
    [...new Set(namespaces.length === 0 ? ['default'] : namespaces)].map((namespace) => ({
      action,
      policySet,
      namespace,
      reference,
    })),
  );
}

/**
 * Reads the version to decide by, and notes it for the log. The caller must have been permitted before.
 *
 * @throws Failure when the version cannot be read or trusted.
 */
export async function resolveRequestedVersion(
  context: Context<Environment>,
  { policySet, version: reference }: Pick<VersionRequest, 'policySet' | 'version'>,
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

/** Refuses the management set: its policies are about callers, so they cannot decide about workloads. @throws Problem `invalid-request` */
export function refuseManagement(policySet: string): void {
  if (policySet !== MANAGEMENT_SET) return;
  throw invalidRequest([
    {
      parameter: 'policySet',
      message: `The set ${MANAGEMENT_SET} decides about callers of this API, not about workloads.`,
    },
  ]);
}

/** Whether a reference is an alias. Then no client may keep the answer, because the alias may lead elsewhere later. */
export function dependsOnAlias(...references: readonly string[]): boolean {
  return references.some((reference) => referenceKind(reference) === 'alias');
}

/** The value of the header `tracewright-policy-set`, which names the version that decided. */
export function versionHeader({ name, version, digest }: ResolvedVersion): string {
  return `${name}; version=${version}; digest="${digest}"`;
}

/** The name, number and digest of a version, by which answers identify it. */
export function versionAnswer({ name, version, digest }: ResolvedVersion): {
  name: string;
  version: number;
  digest: string;
} {
  return { name, version, digest };
}
