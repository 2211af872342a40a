import { type EntityJson, policyToJson } from '@cedar-policy/cedar-wasm/web';
import { type Evaluation, evaluate, type PolicyTexts } from './engine.ts';
import { type OverrideRequest, type Principal, requestsOf } from './entities.ts';
import { suggestPermit } from './suggest.ts';

/** What decisions are made by: one version of a policy set. */
export interface PolicyBasis extends PolicyTexts {
  /** Entities that the policy set adds, e.g. teams. */
  readonly entities: readonly EntityJson[];
}

/** Why an override is denied. */
export const DENIAL_REASONS = ['NoPermitPolicy', 'ExplicitForbid', 'PolicyError'] as const;
export type DenialReason = (typeof DENIAL_REASONS)[number];

/** A policy that decided, with what its authors say of it. */
export interface DeterminingPolicy {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  /** Its annotations besides `@id`, e.g. `reason` and `advice`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Why its evaluation failed, for `PolicyError`. */
  readonly error?: string;
}

/** The answer for one override. */
export type Decision<T extends OverrideRequest> =
  | { readonly override: T; readonly decision: 'allow'; readonly policies: readonly DeterminingPolicy[] }
  | {
      readonly override: T;
      readonly decision: 'deny';
      readonly reason: DenialReason;
      readonly policies: readonly DeterminingPolicy[];
      /** A least-privilege permit for the platform team to review, in Cedar. */
      readonly suggestedPermit: string;
    };

/**
 * Decides each override: default deny, and a policy that fails to evaluate denies, because a failing
 * `forbid` must not let a `permit` through.
 *
 * @throws CedarFailure when the policy set is unusable; then nothing is decided.
 */
export function authorize<T extends OverrideRequest>(
  basis: PolicyBasis,
  principal: Principal,
  overrides: readonly T[],
): Decision<T>[] {
  const toRequest = requestsOf(principal, basis.entities);
  return overrides.map((override) =>
    decide(basis, principal, override, evaluate(basis, toRequest(override))),
  );
}

function decide<T extends OverrideRequest>(
  basis: PolicyBasis,
  principal: Principal,
  override: T,
  { allowed, reasons, errors }: Evaluation,
): Decision<T> {
  if (allowed && errors.length === 0) {
    return { override, decision: 'allow', policies: reasons.map((id) => describe(basis, id)) };
  }
  const reason: DenialReason =
    errors.length > 0 ? 'PolicyError' : reasons.length > 0 ? 'ExplicitForbid' : 'NoPermitPolicy';
  return {
    override,
    decision: 'deny',
    reason,
    policies:
      errors.length > 0
        ? errors.map(({ policyId, message }) => ({ ...describe(basis, policyId), error: message }))
        : reasons.map((id) => describe(basis, id)),
    suggestedPermit: suggestPermit(principal, override, reason),
  };
}

const descriptions = new WeakMap<PolicyBasis, Map<string, DeterminingPolicy>>();

/** Reads a policy's annotations when it first decides something: most never do. */
export function describe(basis: PolicyBasis, id: string): DeterminingPolicy {
  const known = descriptions.get(basis) ?? new Map<string, DeterminingPolicy>();
  descriptions.set(basis, known);
  const held = known.get(id);
  if (held !== undefined) return held;
  const answer = policyToJson(basis.policies[id] ?? '');
  // Only policies that evaluated get here, so they parse; an unknown id would be a bug in Cedar.
  if (answer.type === 'failure') throw new Error(`The deciding policy ${id} cannot be described.`);
  const { id: _, ...annotations } = answer.json.annotations ?? {};
  const described = { id, effect: answer.json.effect, annotations };
  known.set(id, described);
  return described;
}
