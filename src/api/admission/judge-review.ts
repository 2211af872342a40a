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
import type { AdmissionRequest, AdmissionResponse } from './review.ts';
import { deniedStatus, invalidStatus, withinObject } from './review-status.ts';
import { asksForTheSame, type ObjectKey, objectsOf } from './reviewed-object.ts';

/** What was decided of a review: the answer without its uid, and of what. */
export interface ReviewJudgement {
  readonly answer: Pick<AdmissionResponse, 'allowed' | 'status'> & { readonly warnings: readonly string[] };
  /** The ids of its workloads. */
  readonly services: readonly string[];
  readonly decisions: readonly DecisionAnswer[];
}

/** One of the objects of a review: what its workloads ask for and what is denied of it, or why it is not valid. */
type JudgedObject =
  | {
      readonly ok: true;
      readonly body: WorkloadBody;
      readonly decisions: readonly DecisionAnswer[];
      readonly notices: readonly Notice[];
    }
  | { readonly ok: false; readonly faults: readonly RequestFault[] };

const STAYS = 'The object had it before, so it may stay.';

/**
 * Decides about the object of a review by a version of a policy set. A change is denied what is new: what runs
 * already is neither kept from being scaled, repaired and labelled when its permit is taken back, nor when it has
 * a fault.
 *
 * @throws Problem when it cannot be decided
 */
export async function judgeReview(
  request: AdmissionRequest,
  version: ResolvedVersion,
  locate: ReadObject<unknown>['locate'],
): Promise<ReviewJudgement> {
  const judge = (key: ObjectKey): Promise<JudgedObject> => judgeObject(request, key, version, locate);
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
  // What a controller made was judged by its owner, and is named by nothing that a permit could speak of.
  const stays = saysControlled(request.oldObject)
    ? []
    : denials.map((denial) => `${denialMessage(denial)} ${STAYS}`);
  return {
    answer: { allowed: true, warnings: [...stays, ...told] },
    services: body.workloads.map(workloadId),
    decisions,
  };
}

/** Refuses an object that is not valid, unless it was no better before and the change asks for nothing. */
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
): Promise<JudgedObject> {
  try {
    const body = readWorkloadBodyObjects(objectsOf(request, key), (_, path) => locate(path), {
      namespace: request.namespace ?? undefined,
    });
    // The caller is permitted the namespace of the request, and no other.
    const elsewhere = body.workloads.find(({ namespace }) => namespace !== request.namespace);
    if (elsewhere !== undefined) {
      throw new Problem(
        'forbidden',
        `The object is of the namespace ${elsewhere.namespace}, which is not that of the request.`,
      );
    }
    // As in CI: what no policy can select would run unprotected.
    const unselectable = selectorFaults(body.workloads);
    if (unselectable.length > 0) throw faultyBodyProblem(unselectable, body.locate);
    const notices = body.notices.filter(({ code }) => code !== 'PassedThrough');
    return { ok: true, body, decisions: await decideWorkloads(body, version), notices };
  } catch (error) {
    const faults =
      error instanceof Problem && error.problem === 'invalid-request' ? error.extension.faults : undefined;
    if (faults === undefined) throw error;
    return { ok: false, faults };
  }
}

/** Notices about policies, which the webhook does not make. */
const ABOUT_POLICIES: readonly NoticeCode[] = ['PolicyRenamed', 'KillLeavesEffects'];

/** What the author of an object should know: what reading it told, and what compiling it would tell in CI. */
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
 * What an object was denied before the change, if it is the same now: of the same container and image, for the same
 * reason and by the same policies. So labels that no policy looks at may change, and others may not; and nothing
 * that was permitted counts.
 */
function deniedBefore(
  workloads: readonly Workload[],
  old: Extract<JudgedObject, { ok: true }>,
): ReadonlySet<string> {
  const denied = old.decisions.filter(({ decision }) => decision === 'deny');
  // What the pod as a whole asks for is asked for by each of its images.
  const whole = imagesOf(workloads) === imagesOf(old.body.workloads);
  return new Set(denied.filter(({ container }) => whole || container !== undefined).map(denialKey));
}

function imagesOf(workloads: readonly Workload[]): string {
  return JSON.stringify(
    workloads.map(({ kind, containers }) => [kind, containers.map(({ name, image }) => [name, image])]),
  );
}

function denialKey(denial: DecisionAnswer): string {
  const { service, container, image, override, implicit, reason, policies } = denial;
  return JSON.stringify([service, container, image, override, implicit, reason, policies]);
}
