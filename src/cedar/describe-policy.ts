import type { DeterminingPolicy } from './determining-policy.ts';
import type { Known } from './slicing/slice.ts';

/**
 * The effect and the annotations of a policy that decided.
 *
 * @param candidates The policies among which it is.
 */
export function describePolicy(candidates: readonly Known[], id: string): DeterminingPolicy {
  const known = candidates.find((each) => Object.hasOwn(each, id))?.[id];
  // An id that is not among the candidates would be an error of Cedar.
  if (known === undefined) throw new Error(`The deciding policy ${id} cannot be described.`);
  return { id, effect: known.effect, annotations: known.annotations };
}
