import { type AuthorizationRequest, authorize, type Decision } from '../cedar/decide-overrides.ts';
import { CedarFailure } from '../cedar/engine.ts';
import { TooMuchWork, type Work } from '../cedar/work.ts';
import { overrideAdvice } from '../compiler/derive/override-advice.ts';
import { securityOverrides } from '../compiler/derive/overrides.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { SecurityOverride } from '../compiler/model/override.ts';
import { workloadId } from '../compiler/model/workload.ts';
import { type DecisionAnswer, toDecisionAnswer } from '../http/decision-answer.ts';
import { invalidRequest, Problem } from '../http/problems.ts';
import type { ResolvedVersion } from '../policy-sets/repository.ts';

import type { Services } from './services.ts';

/**
 * Decides every override of every service.
 *
 * @throws Problem `policy-set-corrupt`
 */
export async function decideServices(
  { workloads, locate }: Services,
  version: ResolvedVersion,
  work?: Work,
): Promise<readonly DecisionAnswer[]> {
  const asked = workloads.map((principal) => ({
    principal,
    overrides: securityOverrides(principal, version.settings),
  }));
  const count = asked.reduce((sum, { overrides }) => sum + overrides.length, 0);
  if (count > LIMITS.overridesInAll) {
    throw invalidRequest([
      { message: `At most ${LIMITS.overridesInAll} overrides are decided at once; there are ${count}.` },
    ]);
  }
  const decisions = await decide(version, asked, work);
  return asked.flatMap(({ principal: workload }, index) =>
    (decisions[index] ?? []).map((decision) => {
      const { document } = workload.source;
      const { path } = decision.override;
      const place = {
        document,
        path,
        position: locate(document, path),
      };
      return toDecisionAnswer(
        workloadId(workload),
        decision,
        place,
        overrideAdvice(workload, decision.override),
      );
    }),
  );
}

/**
 * Decides principals' overrides.
 *
 * @throws Problem `policy-set-corrupt` when Cedar cannot use the version, `invalid-request` when it would take
 *   too long.
 */
export async function decide<T extends Omit<SecurityOverride, 'path'>>(
  { basis, name, version }: ResolvedVersion,
  requests: readonly AuthorizationRequest<T>[],
  work?: Work,
): Promise<Decision<T>[][]> {
  try {
    return await authorize(basis, requests, work);
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
