/**
 * Where the policies of a version are read from.
 * @module
 */
import { CedarFailure, type PolicyTexts } from '../engine.ts';
import { readPolicy } from '../policy-text.ts';
import { buildIndex } from './build-index.ts';
import { PolicyIndex } from './policy-index.ts';
import type { PolicyTerms } from './policy-terms.ts';

/** The place of some policies: in memory, or in a storage from which they are read when they are needed. */
export interface PolicySource {
  /** Finds the policies for a request. */
  readonly index: Pick<PolicyIndex, 'rest' | 'places' | 'collect' | 'narrow'> &
    Partial<Pick<PolicyIndex, 'all'>>;
  /** Makes some policies readable. It may throw any error of the place where they are stored. */
  load(ordinals: ReadonlySet<number>): PolicyReader | Promise<PolicyReader>;
}

/** Policies that have been loaded. */
export interface PolicyReader {
  /** The policy with this ordinal. @throws Error when it has not been loaded. */
  policy(ordinal: number): IndexedPolicy;
}

/** A policy as requests read it: its text, which Cedar evaluates, and its terms, which are known without Cedar. */
export interface IndexedPolicy {
  readonly id: string;
  readonly text: string;
  readonly terms: PolicyTerms;
}

/**
 * A source of policies that are in memory, with an index of them.
 *
 * @param known The terms of policies that have been read already, by id. The others are read.
 * @throws CedarFailure when one of them cannot be read.
 */
export function sourceOf(
  policies: PolicyTexts['policies'],
  known: ReadonlyMap<string, PolicyTerms> = new Map(),
): PolicySource {
  const all = Object.entries(policies).map(
    ([id, text]): IndexedPolicy => ({ id, text, terms: known.get(id) ?? termsOfText(text) }),
  );
  const reader: PolicyReader = { policy: (ordinal) => all[ordinal] ?? noPolicy(ordinal) };
  return { index: new PolicyIndex(buildIndex(all.map(({ terms }) => terms))), load: () => reader };
}

function noPolicy(ordinal: number): never {
  throw new Error(`There is no policy ${ordinal}.`);
}

/**
 * The terms of a policy, read from its text.
 *
 * @throws CedarFailure when it cannot be read. It might be a forbid, so none of the policies may be used then.
 */
export function termsOfText(text: string): PolicyTerms {
  const reading = readPolicy(text);
  if (reading.ok) return reading.terms;
  throw new CedarFailure(reading.problems.map(({ message }) => message).join('; '));
}
