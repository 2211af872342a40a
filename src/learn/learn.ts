import { compareText } from '../compiler/model/ordered.ts';
import type { Workload } from '../compiler/model/workload.ts';
import { binariesByContainer, ownBinariesByContainer } from './allowlist.ts';
import type { LearnOptions } from './learn-options.ts';
import type { Observation } from './observation.ts';
import { type LearntContainer, learnContainer } from './propose.ts';
import { type PolicyVerdict, verdictsOf } from './verdicts.ts';

/** What was learnt of a workload. */
export interface LearntWorkload {
  readonly workload: Workload;
  readonly containers: readonly LearntContainer[];
  readonly policies: readonly PolicyVerdict[];
}

/**
 * Learns from what was seen which binaries the containers of a workload run, which allowlist to propose, and whether the
 * policies could be enforced. The result does not depend on the order of the events.
 *
 * @param observations What was seen of the containers of all workloads.
 * @param dropped How many events the agent says it has dropped.
 */
export function learn(
  workload: Workload,
  observations: readonly Observation[],
  dropped: number,
  options: LearnOptions,
): LearntWorkload {
  const allowed = binariesByContainer(workload);
  const own = ownBinariesByContainer(workload);
  const containers = workload.containers.map((container) =>
    learnContainer(
      container,
      observations.find(({ owner }) => owner.container === container),
      { allowed: allowed.get(container.name), own: own.get(container.name) },
      options,
    ),
  );
  const proposed = withProposals(workload, containers);
  return {
    workload,
    containers,
    policies: verdictsOf({ workload: proposed, containers, dropped }, options),
  };
}

/** A workload with the proposed allowlists in place of its own. */
function withProposals(workload: Workload, learnt: readonly LearntContainer[]): Workload {
  return {
    ...workload,
    containers: learnt.map(({ container, proposal }) =>
      proposal === undefined
        ? container
        : {
            ...container,
            security: { ...container.security, allowedBinaries: proposal.allowedBinaries },
          },
    ),
  };
}

/** How often each binary started another one, most often first. Those of which no start was seen come up if no other does. */
export function parentsOf(parents: ReadonlyMap<string, number>): { binary: string; runs: number }[] {
  const all = [...parents].map(([binary, runs]) => ({ binary, runs }));
  const counted = all.filter(({ runs }) => runs > 0);
  return (counted.length > 0 ? counted : all).sort(
    (a, b) => b.runs - a.runs || compareText(a.binary, b.binary),
  );
}
