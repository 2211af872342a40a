import type { Work } from '../cedar/work.ts';
import { overrideAdvice } from '../compiler/derive/override-advice.ts';
import { securityOverrides } from '../compiler/derive/overrides.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { workloadId } from '../compiler/model/workload.ts';
import { toDecisionAnswer } from '../http/decision-answer.ts';
import type { DecisionAnswer } from '../http/decision-schema.ts';
import { invalidRequest } from '../http/problems.ts';
import type { ResolvedVersion } from '../policy-sets/version-store.ts';
import { decideByVersion } from './decide-by-version.ts';
import { placeOf, type WorkloadBody } from './workload-body.ts';

/**
 * Decides every override that the workloads of a body ask for. In a `/compile` request this comes after the caller
 * was permitted to compile; here only the policies of the version count.
 *
 * @returns The decisions as answers state them, with their places, in the order of the workloads.
 * @throws Problem `policy-set-corrupt`, `invalid-request`
 */
export async function decideWorkloads(
  body: WorkloadBody,
  version: ResolvedVersion,
  work?: Work,
): Promise<readonly DecisionAnswer[]> {
  const { workloads } = body;
  const requests = workloads.map((principal) => ({
    principal,
    overrides: securityOverrides(principal, version.settings),
  }));
  const count = requests.reduce((sum, { overrides }) => sum + overrides.length, 0);
  if (count > LIMITS.overridesInAll) {
    throw invalidRequest([
      { message: `At most ${LIMITS.overridesInAll} overrides are decided at once; there are ${count}.` },
    ]);
  }
  const decisions = await decideByVersion(version, requests, work);
  return workloads.flatMap((workload, index) =>
    (decisions[index] ?? []).map((decision) => {
      const place = placeOf(body, workload.source.document, decision.override.path);
      return toDecisionAnswer(
        workloadId(workload),
        decision,
        place,
        overrideAdvice(workload, decision.override),
      );
    }),
  );
}
