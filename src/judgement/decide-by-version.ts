import { type AuthorizationRequest, type Decision, decideOverrides } from '../cedar/decide-overrides.ts';
import { CedarFailure } from '../cedar/engine.ts';
import { TooMuchWork, type Work } from '../cedar/work.ts';
import type { SecurityOverride } from '../compiler/model/override.ts';
import { invalidRequest, Problem } from '../http/problems.ts';
import type { ResolvedVersion } from '../policy-sets/version-store.ts';

/**
 * Asks Cedar for decisions by a version of a policy set. A failure becomes a problem that names the version. A
 * `/compile` request reaches Cedar only through this function.
 *
 * @param work Counts the work of this call together with that of earlier calls.
 * @returns The decisions of each request, in the order of its overrides.
 * @throws Problem `policy-set-corrupt` when Cedar cannot use the version; `invalid-request` when the decisions would
 *   take too long.
 */
export async function decideByVersion<T extends Omit<SecurityOverride, 'path'>>(
  { basis, name, version }: ResolvedVersion,
  requests: readonly AuthorizationRequest<T>[],
  work?: Work,
): Promise<Decision<T>[][]> {
  try {
    return await decideOverrides(basis, requests, work);
  } catch (error) {
    if (error instanceof TooMuchWork)
      throw invalidRequest([
        {
          message: `Version ${version} of the policy set ${name} takes too long to decide this. ${error.message}`,
        },
      ]);
    if (error instanceof CedarFailure)
      throw new Problem(
        'policy-set-corrupt',
        `Version ${version} of the policy set ${name} cannot be evaluated: ${error.message}`,
      );
    throw error;
  }
}
