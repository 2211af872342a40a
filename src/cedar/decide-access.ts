/**
 * Decides whether a caller may do something with this API.
 * @module
 */
import { callerEntity, callerUid, cedarQuestion } from './access-entities.ts';
import type { AccessQuestion } from './access-question.ts';
import { type Caller, callerId } from './caller.ts';
import { describePolicy } from './describe-policy.ts';
import type { DenialReason, DeterminingPolicy } from './determining-policy.ts';
import { combine } from './entities.ts';
import type { PolicyBasis } from './slicing/basis.ts';
import type { Work } from './work.ts';

/** The decision about one access question. */
export interface AccessDecision {
  readonly allowed: boolean;
  /** Why it is denied; undefined when it is allowed. */
  readonly reason: DenialReason | undefined;
  /** The policies that decided. For `PolicyError`, the policies that failed. */
  readonly policies: readonly DeterminingPolicy[];
}

/**
 * Adds up the work that {@link decideAccess} would take.
 *
 * @throws TooMuchWork
 */
export async function weighAccess(
  basis: PolicyBasis,
  caller: Caller,
  question: AccessQuestion,
  work: Work,
): Promise<void> {
  await basis.weigh([cedarQuestion(caller, question, basis.entities)], work);
}

/**
 * Decides whether a caller may do something. What no policy permits is denied, and so is everything for which a
 * policy fails to evaluate.
 *
 * @throws CedarFailure when the policies are unusable; then nothing is permitted.
 * @throws TooMuchWork when the decision would take too long.
 */
export async function decideAccess(
  basis: PolicyBasis,
  caller: Caller,
  question: AccessQuestion,
  work?: Work,
): Promise<AccessDecision> {
  const [finding] = await basis.evaluate([cedarQuestion(caller, question, basis.entities)], work);
  if (finding === undefined) throw new Error('A question was not decided.');
  const { allowed, reasons, errors, candidates } = finding;
  if (errors.length > 0) {
    const policies = errors.map(({ policyId, message }) => ({
      ...describePolicy(candidates, policyId),
      error: message,
    }));
    return { allowed: false, reason: 'PolicyError', policies };
  }
  const policies = reasons.map((id) => describePolicy(candidates, id));
  if (allowed) return { allowed, reason: undefined, policies };
  return { allowed, reason: policies.length > 0 ? 'ExplicitForbid' : 'NoPermitPolicy', policies };
}

/**
 * Whether a caller could be permitted to compile or authorize anything at all. The result is true when this cannot be
 * told.
 *
 * @throws PolicySetError when the policies cannot be read.
 */
export async function couldBePermitted(
  basis: PolicyBasis,
  caller: Caller,
  action: 'compile' | 'authorize',
): Promise<boolean> {
  const request = {
    principal: callerUid(callerId(caller)),
    action: { type: 'Tracewright::Action', id: action },
    context: ['reference'],
  };
  return basis.couldAllow(request, [combine(basis.entities, callerEntity(caller))]);
}
