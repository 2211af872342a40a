import { callerEntity, callerUid, cedarQuestion } from './access-entities.ts';
import type { AccessQuestion } from './access-question.ts';
import { type Caller, callerId } from './caller.ts';
import { describePolicy } from './describe-policy.ts';
import type { DenialReason, DeterminingPolicy } from './determining-policy.ts';
import { combine } from './entities.ts';
import type { PolicyBasis } from './slicing/basis.ts';
import type { Work } from './work.ts';

/** The answer: whether it is permitted, and by which policies. */
export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason: DenialReason | undefined;
  readonly policies: readonly DeterminingPolicy[];
}

/**
 * Adds up what {@link decideAccess} would take.
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
 * Decides whether a caller may do something: default deny, and a policy that fails to evaluate denies.
 *
 * @throws CedarFailure when the policies are unusable; then nothing is permitted.
 * @throws TooMuchWork when it would take too long.
 */
export async function decideAccess(
  basis: PolicyBasis,
  caller: Caller,
  question: AccessQuestion,
  work?: Work,
): Promise<AccessDecision> {
  const { memory } = basis;
  const [finding] = await basis.evaluate([cedarQuestion(caller, question, basis.entities)], work);
  if (finding === undefined) throw new Error('A question was not decided.');
  const { allowed, reasons, errors, candidates } = finding;
  if (errors.length > 0) {
    const policies = errors.map(({ policyId, message }) => ({
      ...describePolicy(memory, candidates, policyId),
      error: message,
    }));
    return { allowed: false, reason: 'PolicyError', policies };
  }
  const policies = reasons.map((id) => describePolicy(memory, candidates, id));
  if (allowed) return { allowed, reason: undefined, policies };
  return { allowed, reason: policies.length > 0 ? 'ExplicitForbid' : 'NoPermitPolicy', policies };
}

/**
 * Whether a caller could be permitted to compile or authorize anything at all. True where it cannot be told.
 *
 * @throws Error that the place of the policies makes of a failure to read them
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
