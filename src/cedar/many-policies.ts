/**
 * Measures and reads many policies, in pieces.
 * @module
 */
import type { Pieces } from './pieces.ts';
import { type PolicyExtent, policyExtent } from './policy-extent.ts';
import { type PolicyReading, readPolicy } from './policy-text.ts';

/** The text of a policy, and its extent. */
export interface MeasuredPolicy {
  readonly text: string;
  readonly extent: PolicyExtent;
}

/** How many characters are measured in one piece: what takes some 10 milliseconds. */
const PIECE_LENGTH = 500_000;

/** Measures policies. */
export function* measuring<T extends { readonly text: string }>(
  policies: readonly T[],
): Pieces<(T & MeasuredPolicy)[]> {
  const measured: (T & MeasuredPolicy)[] = [];
  let length = 0;
  for (const policy of policies) {
    measured.push({ ...policy, extent: policyExtent(policy.text) });
    length += policy.text.length;
    if (length < PIECE_LENGTH) continue;
    yield;
    length = 0;
  }
  return measured;
}

/** How many words, literals and signs Cedar reads in one piece: what takes some 25 milliseconds. */
const PIECE_PARTS = 5_000;

/** Reads policies, each as {@link readPolicy} does. */
export function* reading<T extends MeasuredPolicy>(
  policies: readonly T[],
): Pieces<(readonly [policy: T, reading: PolicyReading])[]> {
  const readings: (readonly [T, PolicyReading])[] = [];
  let parts = 0;
  for (const policy of policies) {
    readings.push([policy, readPolicy(policy.text, policy.extent)]);
    parts += policy.extent.parts;
    if (parts < PIECE_PARTS) continue;
    yield;
    parts = 0;
  }
  return readings;
}
