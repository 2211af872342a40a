/**
 * Decides which of the overrides that workloads ask for are permitted.
 * @module
 */
import { describePolicy } from './describe-policy.ts';
import type { DenialReason, DeterminingPolicy } from './determining-policy.ts';
import { questionsOf } from './override-entities.ts';
import type { OverrideRequest, Principal } from './override-question.ts';
import type { Finding, PolicyBasis } from './slicing/basis.ts';
import { suggestPermit } from './suggest-override-permit.ts';
import type { Work } from './work.ts';

/** The decision about one override. */
export type Decision<T extends OverrideRequest> =
  | { readonly override: T; readonly decision: 'allow'; readonly policies: readonly DeterminingPolicy[] }
  | {
      readonly override: T;
      readonly decision: 'deny';
      readonly reason: DenialReason;
      readonly policies: readonly DeterminingPolicy[];
      /**
       * The narrowest Cedar permit for this override, for the platform team to review. Undefined when no permit would
       * help, because a forbid decided or a policy failed.
       */
      readonly suggestedPermit: string | undefined;
    };

/** A workload and the overrides that it asks for. */
export interface AuthorizationRequest<T extends OverrideRequest> {
  readonly principal: Principal;
  readonly overrides: readonly T[];
}

/**
 * Decides each override of each workload. What no policy permits is denied. A policy that fails to evaluate denies
 * too, because a failing `forbid` must not let a `permit` through.
 *
 * @returns The decisions for each request, in the order of the requests and of their overrides.
 * @throws CedarFailure when the policy set is unusable; then nothing is decided.
 * @throws TooMuchWork when the decisions would take too long; then nothing is decided either.
 */
export async function decideOverrides<T extends OverrideRequest>(
  basis: PolicyBasis,
  requests: readonly AuthorizationRequest<T>[],
  work?: Work,
): Promise<Decision<T>[][]> {
  const asked = requests.map(({ principal, overrides }) => {
    const toQuestion = questionsOf(principal, basis.entities);
    return overrides.map((override) => ({ principal, override, question: toQuestion(override) }));
  });
  // All questions are evaluated together, so that the policies for all of them are read at once.
  const findings = (
    await basis.evaluate(
      asked.flat().map(({ question }) => question),
      work,
    )
  ).values();
  return asked.map((each) =>
    each.map(({ principal, override }) => {
      const { value } = findings.next();
      if (value === undefined) throw new Error('An override was not decided.');
      return decide(principal, override, value);
    }),
  );
}

/**
 * Adds up the work that {@link decideOverrides} would take for a request.
 *
 * @throws TooMuchWork
 */
export async function weighOverrides<T extends OverrideRequest>(
  basis: PolicyBasis,
  { principal, overrides }: AuthorizationRequest<T>,
  work: Work,
): Promise<void> {
  await basis.weigh(overrides.map(questionsOf(principal, basis.entities)), work);
}

/** The decision about one override, by what Cedar found. */
function decide<T extends OverrideRequest>(
  principal: Principal,
  override: T,
  { allowed, reasons, errors, candidates }: Finding,
): Decision<T> {
  if (allowed && errors.length === 0) {
    return {
      override,
      decision: 'allow',
      policies: reasons.map((id) => describePolicy(candidates, id)),
    };
  }
  const reason: DenialReason =
    errors.length > 0 ? 'PolicyError' : reasons.length > 0 ? 'ExplicitForbid' : 'NoPermitPolicy';
  return {
    override,
    decision: 'deny',
    reason,
    policies:
      errors.length > 0
        ? errors.map(({ policyId, message }) => ({
            ...describePolicy(candidates, policyId),
            error: message,
          }))
        : reasons.map((id) => describePolicy(candidates, id)),
    suggestedPermit: reason === 'NoPermitPolicy' ? suggestPermit(principal, override) : undefined,
  };
}
