import type { Context } from 'hono';
import { type AuthorizationRequest, authorize, type Decision } from '../cedar/decide-overrides.ts';
import { CedarFailure } from '../cedar/engine.ts';
import { TooMuchWork, type Work } from '../cedar/work.ts';
import { overrideAdvice } from '../compiler/derive/override-advice.ts';
import { securityOverrides } from '../compiler/derive/overrides.ts';
import { type ReadWorkloads, readWorkloadObjects, readWorkloads } from '../compiler/index.ts';
import type { Fault, Notice } from '../compiler/model/faults.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { NameSchema } from '../compiler/model/names.ts';
import type { SecurityOverride } from '../compiler/model/override.ts';
import { type Path, toPointer } from '../compiler/model/pointer.ts';
import { type Workload, workloadId } from '../compiler/model/workload.ts';
import type { Position, SourceDocument } from '../compiler/read/documents.ts';
import type { SourceObject } from '../compiler/read/lists.ts';
import type { ReadOptions } from '../compiler/read/read-objects.ts';
import { readText } from '../http/bodies.ts';
import { type DecisionAnswer, toDecisionAnswer } from '../http/decision-answer.ts';
import type { Environment } from '../http/environment.ts';
import { permit, settingsOf } from '../http/guard.ts';
import { policySetProblem } from '../http/policy-set-problem.ts';
import { invalidRequest, Problem, type ProblemCode } from '../http/problems.ts';
import { visibleText } from '../http/visible-text.ts';
import { Recent } from '../memory/recent.ts';
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

/** The services of a body, and where everything in them stands. */
export interface Services {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
  locate(document: number, path: Path): Position | undefined;
}

/** Reads the services of a body's documents. @throws Problem `invalid-request`, with every fault. */
export function readServices(documents: readonly SourceDocument[], options: ReadOptions = {}): Services {
  const locate = (document: number, path: Path): Position | undefined => documents[document]?.locate(path);
  return servicesOf(readWorkloads(documents, options), locate);
}

/**
 * What bodies an isolate remembers: CD systems send again and again what has not changed. Services take many
 * times the memory of their text, and what becomes of them hangs on them.
 */
const REMEMBERED_LENGTH = 65_536;
const remembered = new Recent<string, Services & { readonly weight: number }>(
  4 * 1_048_576,
  ({ weight }) => weight,
);

/** As {@link readServices}, of a text: one that was read before is not read again. */
export function readServiceText(text: string, type: string | undefined, options: ReadOptions): Services {
  // No media type and no namespace is empty or has a line break.
  const key = `${type ?? ''}\n${options.namespace ?? ''}\n${text}`;
  const held = remembered.get(key);
  if (held !== undefined) return held;
  const services = readServices(readText(text, type), options);
  if (text.length > REMEMBERED_LENGTH) return services;
  const kept = { ...services, weight: 40_000 + 20 * text.length };
  remembered.set(key, kept);
  return kept;
}

/** As {@link readServices}, of some objects of a document, among which there may be no service. */
export function readServiceObjects(
  objects: readonly SourceObject[],
  locate: Services['locate'],
  options: ReadOptions = {},
): Services {
  return servicesOf(readWorkloadObjects(objects, options), locate);
}

function servicesOf(read: ReadWorkloads, locate: Services['locate']): Services {
  if (read.ok) return { workloads: read.workloads, notices: read.notices, locate };
  throw faultyBody(read.faults, locate);
}

/** The problem of a body with these faults. */
export function faultyBody(faults: readonly Fault[], locate: Services['locate']): Problem {
  return invalidRequest(
    faults.slice(0, LIMITS.faults).map(({ document, path, message }) => ({
      message: visibleText(message),
      document,
      pointer: toPointer(path),
      ...locate(document, path),
    })),
    faults.length,
  );
}

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

/** Reads a version to decide by, for a caller who may. @throws Problem when it cannot be had or trusted */
export async function resolveAsked(
  context: Context<Environment>,
  { policySet, version: reference }: Pick<Asked, 'policySet' | 'version'>,
): Promise<ResolvedVersion> {
  refuseManagement(policySet);
  const record = context.get('record');
  const { aliasSeconds } = settingsOf(context);
  const version = await record.time('policy-set', () =>
    resolveVersion(context.env.POLICY_SETS, policySet, reference, aliasSeconds).catch((error: unknown) => {
      throw policySetProblem(error);
    }),
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

/** The last decisions about some services, and the digest of the version that made them. */
const decided = new WeakMap<
  Services,
  { readonly digest: string; readonly decisions: readonly DecisionAnswer[] }
>();

/**
 * Decides every override of every service: the same services by the same version once.
 *
 * @throws Problem `policy-set-corrupt`
 */
export async function decideServices(
  services: Services,
  version: ResolvedVersion,
  work?: Work,
): Promise<readonly DecisionAnswer[]> {
  const held = decided.get(services);
  if (held?.digest === version.digest) return held.decisions;
  const decisions = await decideEach(services, version, work);
  decided.set(services, { digest: version.digest, decisions });
  return decisions;
}

async function decideEach(
  { workloads, locate }: Services,
  version: ResolvedVersion,
  work: Work | undefined,
): Promise<DecisionAnswer[]> {
  const asked = workloads.map((principal) => ({
    principal,
    overrides: securityOverrides(principal, version.settings),
  }));
  const count = asked.reduce((sum, { overrides }) => sum + overrides.length, 0);
  if (count > LIMITS.overridesInAll) {
    throw invalidRequest([
      { message: `At most ${LIMITS.overridesInAll} overrides are decided at once; there are ${count}.` },
    ]);
  }
  const decisions = await decide(version, asked, work);
  return asked.flatMap(({ principal: workload }, index) =>
    (decisions[index] ?? []).map((decision) => {
      const { document } = workload.source;
      const { path } = decision.override;
      const place = {
        document,
        path,
        position: locate(document, path),
      };
      return toDecisionAnswer(
        workloadId(workload),
        decision,
        place,
        overrideAdvice(workload, decision.override),
      );
    }),
  );
}

/**
 * Decides principals' overrides.
 *
 * @throws Problem `policy-set-corrupt` when Cedar cannot use the version, `invalid-request` when it would take
 *   too long.
 */
export async function decide<T extends Omit<SecurityOverride, 'path'>>(
  { basis, name, version }: ResolvedVersion,
  requests: readonly AuthorizationRequest<T>[],
  work?: Work,
): Promise<Decision<T>[][]> {
  try {
    return await authorize(basis, requests, work);
  } catch (error) {
    if (error instanceof TooMuchWork)
      throw invalidRequest([
        {
          message: `Version ${version} of the policy set ${name} takes too long to decide this. ${error.message}`,
        },
      ]);
    if (!(error instanceof CedarFailure)) throw policySetProblem(error);
    throw new Problem(
      'policy-set-corrupt',
      `Version ${version} of the policy set ${name} cannot be evaluated: ${error.message}`,
    );
  }
}
