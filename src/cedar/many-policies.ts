/**
 * Measures and reads many policies, in pieces.
 * @module
 */
import type { Pieces } from './pieces.ts';
import { policiesToJson } from './policies-to-json.ts';
import { type PolicyExtent, policyExtent } from './policy-extent.ts';
import { type PolicyReading, readingOf, readPolicy } from './policy-text.ts';
import type { PolicyTerms } from './slicing/policy-terms.ts';

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

/**
 * How many words, literals and signs Cedar reads in one piece: what takes some 6 milliseconds, or 25 where each policy
 * is read alone.
 */
const PIECE_PARTS = 5_000;

/** Reads policies, each as {@link readPolicy} does. */
export function* reading<T extends MeasuredPolicy>(
  policies: readonly T[],
): Pieces<(readonly [policy: T, reading: PolicyReading])[]> {
  const readings: (readonly [T, PolicyReading])[] = [];
  for (const piece of piecesOf(policies)) {
    if (readings.length > 0) yield;
    const forms = policiesToJson(piece);
    for (const [place, policy] of piece.entries()) {
      const form = forms[place];
      readings.push([policy, form === undefined ? readPolicy(policy.text, policy.extent) : readingOf(form)]);
    }
  }
  return readings;
}

/** Reads the terms of policies, by id. Those that cannot be read are left out. */
export function* readingTerms(
  policies: Readonly<Record<string, string>>,
): Pieces<ReadonlyMap<string, PolicyTerms>> {
  const measured = yield* measuring(Object.entries(policies).map(([id, text]) => ({ id, text })));
  const terms = new Map<string, PolicyTerms>();
  for (const [{ id }, found] of yield* reading(measured)) if (found.ok) terms.set(id, found.terms);
  return terms;
}

/** Divides policies into pieces of about {@link PIECE_PARTS}. */
function* piecesOf<T extends MeasuredPolicy>(policies: readonly T[]): Generator<readonly T[]> {
  let first = 0;
  let parts = 0;
  for (const [at, { extent }] of policies.entries()) {
    parts += extent.parts;
    if (parts < PIECE_PARTS) continue;
    yield policies.slice(first, at + 1);
    first = at + 1;
    parts = 0;
  }
  if (first < policies.length) yield policies.slice(first);
}
