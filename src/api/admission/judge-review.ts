import { selectorFaults } from '../../compiler/derive/pod-selectors.ts';
import { compile } from '../../compiler/emit/compile.ts';
import type { Notice, NoticeCode } from '../../compiler/model/notices.ts';
import { DEFAULT_OPTIONS } from '../../compiler/model/options.ts';
import { type Workload, workloadId } from '../../compiler/model/workload.ts';
import type { DecisionAnswer } from '../../http/decision-schema.ts';
import type { ReadObject } from '../../http/object-body.ts';
import type { RequestFault } from '../../http/problem-schema.ts';
import { Problem } from '../../http/problems.ts';
import { decideWorkloads } from '../../judgement/decide-workloads.ts';
import { faultyBodyProblem, readWorkloadBodyObjects } from '../../judgement/read-workload-body.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import { denialMessage } from '../../outputs/findings.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';
import { saysControlled } from './passes.ts';
import { type AdmissionRequest, type AdmissionResponse, namespaceOf } from './review.ts';
import { deniedStatus, invalidStatus, withinObject } from './review-status.ts';
import { asksForTheSame, type ObjectKey, objectsOf } from './reviewed-object.ts';

/** The judgement of a review: the answer without its uid, and the decisions that it is based on. */
export interface ReviewJudgement {
  readonly answer: Pick<AdmissionResponse, 'allowed' | 'status'> & { readonly warnings: readonly string[] };
  /** The ids of its workloads. */
  readonly services: readonly string[];
  readonly decisions: readonly DecisionAnswer[];
}

/** One object of a review: its workloads and the decisions about them, or its faults. */
type JudgedObject =
  | {
      readonly ok: true;
      readonly body: WorkloadBody;
      readonly decisions: readonly DecisionAnswer[];
      readonly notices: readonly Notice[];
    }
  | { readonly ok: false; readonly faults: readonly RequestFault[] };

/** Adds what is stored of the images of a body. */
export type LookUp = (body: WorkloadBody) => Promise<WorkloadBody>;

const STAYS = 'The object had it before, so it may stay.';

/**
 * Decides about the object of a review by a version of a policy set. A change is refused only for overrides and faults
 * that are new: a workload that runs already can still be scaled, repaired and labelled after its permit was revoked.
 *
 * @param lookUp Adds what is stored of the images of the object, and of the one before the change.
 * @throws Problem when it cannot be decided.
 */
export async function judgeReview(
  request: AdmissionRequest,
  version: ResolvedVersion,
  locate: ReadObject<unknown>['locate'],
  lookUp: LookUp,
): Promise<ReviewJudgement> {
  const judge = (key: ObjectKey): Promise<JudgedObject> => judgeObject(request, key, version, locate, lookUp);
  const judged = await judge('object');
  const old = request.operation === 'UPDATE' ? await judge('oldObject') : undefined;
  if (!judged.ok) return refuse(request, judged.faults, old);
  const { body, decisions, notices } = judged;
  const denials = decisions.filter(({ decision }) => decision === 'deny');
  const before = old?.ok === true ? deniedBefore(body.workloads, old) : new Set<string>();
  const fresh = denials.filter((denial) => !before.has(denialKey(denial)));
  if (fresh.length > 0) {
    const answer = { allowed: false, status: deniedStatus(fresh), warnings: notices.map(noticeText) };
    return { answer, services: body.workloads.map(workloadId), decisions };
  }
  const known = new Set(old?.ok === true ? noticesOf(old) : []);
  const told = noticesOf(judged).filter((text) => !known.has(text));
  // An object that a controller made was judged with its owner, and no permit could name it, so no warning helps.
  const stays = saysControlled(request.oldObject)
    ? []
    : denials.map((denial) => `${denialMessage(denial)} ${STAYS}`);
  return {
    answer: { allowed: true, warnings: [...stays, ...told] },
    services: body.workloads.map(workloadId),
    decisions,
  };
}

/** Refuses an object with faults, unless it had the same faults before and the change asks for nothing new. */
function refuse(
  request: AdmissionRequest,
  faults: readonly RequestFault[],
  old: JudgedObject | undefined,
): ReviewJudgement {
  const key = ({ message, pointer }: RequestFault): string => `${withinObject(pointer ?? '')}: ${message}`;
  const before = new Set(old === undefined || old.ok ? [] : old.faults.map(key));
  const stays = faults.every((fault) => before.has(key(fault))) && asksForTheSame(request);
  const answer = stays
    ? { allowed: true, warnings: faults.map((fault) => `${key(fault)} ${STAYS}`) }
    : { allowed: false, status: invalidStatus(faults), warnings: [] };
  return { answer, services: [], decisions: [] };
}

async function judgeObject(
  request: AdmissionRequest,
  key: ObjectKey,
  version: ResolvedVersion,
  locate: ReadObject<unknown>['locate'],
  lookUp: LookUp,
): Promise<JudgedObject> {
  try {
    const sent = readWorkloadBodyObjects(objectsOf(request, key), (_, path) => locate(path), {
      namespace: namespaceOf(request),
      kinds: version.settings.workloadKinds,
    });
    const body = await lookUp(sent);
    // The caller was permitted only the namespace of the request.
    const permitted = namespaceOf(request);
    const elsewhere = body.workloads.find(({ namespace }) => namespace !== permitted);
    if (elsewhere !== undefined) {
      throw new Problem(
        'forbidden',
        `The object is of the namespace ${elsewhere.namespace}, which is not that of the request.`,
      );
    }
    // A pod that no policy can select would run unprotected; CI refuses it too.
    const unselectable = selectorFaults(body.workloads);
    if (unselectable.length > 0) throw faultyBodyProblem(unselectable, body);
    const notices = body.notices.filter(({ code }) => code !== 'PassedThrough');
    return { ok: true, body, decisions: await decideWorkloads(body, version), notices };
  } catch (error) {
    const faults =
      error instanceof Problem && error.problem === 'invalid-request' ? error.extension.faults : undefined;
    if (faults === undefined) throw error;
    return { ok: false, faults };
  }
}

/** The notices about generated policies, which the webhook does not generate. */
const ABOUT_POLICIES: readonly NoticeCode[] = ['PolicyRenamed', 'KillLeavesEffects'];

/** The notices for the author of an object: those of reading it, and those that compiling it has in CI. */
function noticesOf({ body, notices }: Extract<JudgedObject, { ok: true }>): string[] {
  const compiled = body.workloads
    .flatMap((workload) => compile(workload, DEFAULT_OPTIONS).notices)
    .filter(({ code }) => !ABOUT_POLICIES.includes(code));
  return [...notices, ...compiled].map(noticeText);
}

function noticeText({ container, message }: Notice): string {
  return container === undefined ? message : `${container}: ${message}`;
}

/**
 * The keys of the overrides that were denied before the change. A key has the container, the image, the reason and the
 * policies, so an override counts as denied before only if all of these are the same now. An override that was
 * permitted before never counts.
 */
function deniedBefore(
  workloads: readonly Workload[],
  old: Extract<JudgedObject, { ok: true }>,
): ReadonlySet<string> {
  const denied = old.decisions.filter(({ decision }) => decision === 'deny');
  // An override of the whole pod applies to every image, so it counts only if no image changes.
  const whole = imagesOf(workloads) === imagesOf(old.body.workloads);
  return new Set(denied.filter(({ container }) => whole || container !== undefined).map(denialKey));
}

function imagesOf(workloads: readonly Workload[]): string {
  return JSON.stringify(
    workloads.map(({ kind, containers }) => [kind, containers.map(({ name, image }) => [name, image])]),
  );
}

function denialKey(denial: DecisionAnswer): string {
  const { service, container, image, override, implicit, readOnly, reason, policies } = denial;
  return JSON.stringify([service, container, image, override, implicit, readOnly, reason, policies]);
}
