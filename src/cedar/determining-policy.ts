/** Why something is denied: no policy permits it, a policy forbids it, or a policy failed to evaluate. */
export const DENIAL_REASONS = ['NoPermitPolicy', 'ExplicitForbid', 'PolicyError'] as const;
/** One of {@link DENIAL_REASONS}. */
export type DenialReason = (typeof DENIAL_REASONS)[number];

/** A policy that decided, with what its authors say about it. */
export interface DeterminingPolicy {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  /** Its annotations besides `@id`, e.g. `reason` and `advice`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** For `PolicyError`: why the evaluation of the policy failed. */
  readonly error?: string;
}
