import type { Evaluation, PolicyTexts } from '../engine.ts';
import type { SliceSize } from '../work.ts';
import type { IndexedPolicy } from './policy-source.ts';
import type { PolicyTerms } from './policy-terms.ts';

/** What is known of policies that could decide something, by their ids. */
export type Known = Readonly<Record<string, PolicyTerms>>;

/** Policies that may apply together, and that Cedar prepares together. */
export interface Slice extends PolicyTexts, SliceSize {
  /** What is known of the policies. */
  readonly known: Known;
  /** The UIDs of the entities that the policies name. */
  readonly names: readonly string[];
  /** How many characters the policies and the key of the slice have. */
  readonly weight: number;
}

/** What was decided by some policies. */
export interface Found {
  readonly found: Evaluation;
  /** How many characters an answer takes to describe the policies that decided. */
  readonly told: number;
  /** How many characters the key and the evaluation have. */
  readonly weight: number;
}

/**
 * What Cedar would find by policies that are satisfied without any doubt: the forbids decide, or else the permits.
 *
 * @param policies At least one.
 */
export function certainly(policies: readonly IndexedPolicy[]): Pick<Found, 'found' | 'told'> {
  const forbids = policies.filter(({ terms }) => terms.effect === 'forbid');
  const deciding = forbids.length > 0 ? forbids : policies;
  return {
    found: { allowed: forbids.length === 0, reasons: deciding.map(({ id }) => id).sort(), errors: [] },
    told: deciding.reduce((sum, { id, text }) => sum + id.length + text.length, 0),
  };
}

/** What is known of policies, by their ids. */
export function knownOf(policies: readonly IndexedPolicy[]): Known {
  return Object.fromEntries(policies.map(({ id, terms }) => [id, terms]));
}

/**
 * How many characters the policies of one slice have at most, unless it is one policy. Cedar takes memory for each of
 * their words, and of all slices together it can hold `MEMORY_BOUNDS.preparedPolicies`.
 */
const LONGEST_SLICE = 300_000;

/** Cuts a list of policies into portions that can be a slice each. */
export function portionsOf(
  policies: readonly IndexedPolicy[],
): { readonly from: number; readonly to: number }[] {
  const portions: { readonly from: number; readonly to: number }[] = [];
  let from = 0;
  let length = 0;
  for (const [at, { text }] of policies.entries()) {
    if (at > from && length + text.length > LONGEST_SLICE) {
      portions.push({ from, to: at });
      from = at;
      length = 0;
    }
    length += text.length;
  }
  portions.push({ from, to: policies.length });
  return portions;
}
