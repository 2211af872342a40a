import { LIMITS } from '../../../model/limits.ts';
import type { Problem } from '../kind-row.ts';
import { type Piece, sizeOf } from './pieces.ts';

/**
 * Why an object must not be put together: it describes more pods than are taken at once, or what its pods have in common
 * is so large that reading it for each of them would be too much work. As an alias of YAML does, what is shared counts
 * at its full size for each pod.
 *
 * @param shared The pieces that go into each of the pods.
 * @param pods How many pods there are.
 */
export function sharedProblem(shared: readonly Piece[], pods: number, at: Piece): Problem | undefined {
  if (pods > LIMITS.services)
    return {
      path: at.path,
      message: `At most ${LIMITS.services} services are taken at once; there are ${pods}.`,
    };
  if (pods < 2) return undefined;
  const bound = Math.floor(LIMITS.nodes / pods);
  const size = shared.reduce((sum, { value }) => sum + (sum > bound ? 0 : sizeOf(value, bound + 1)), 0);
  return size <= bound
    ? undefined
    : {
        path: at.path,
        message: `The ${pods} pods described here share more than ${bound} values, which count for each of them: at most ${LIMITS.nodes.toLocaleString('en-US')} are read in all.`,
      };
}
