/** Why something is denied. */
export const DENIAL_REASONS = ['NoPermitPolicy', 'ExplicitForbid', 'PolicyError'] as const;
/** One of {@link DENIAL_REASONS}. */
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
