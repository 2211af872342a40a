import { withoutOwned } from '../../compiler/derive/owned.ts';
import type { Workload } from '../../compiler/model/workload.ts';
import { readObjects } from '../../compiler/read/read-objects.ts';
import { workloadKey } from './planned-change.ts';
import type { AllowlistProposal, WorkloadBody } from './proposal.ts';

/** The workloads of a body. */
export interface BodyWorkloads {
  /** All of them, those included that others have made, such as the pods of a Deployment in a dump of a cluster. */
  readonly all: readonly Workload[];
  /** Who made each workload that is judged with its maker. */
  readonly makers: ReadonlyMap<Workload, Workload>;
}

/** Reads the workloads of a body; none of a body that has faults. */
export function workloadsOf({
  documents,
  options,
}: Pick<WorkloadBody, 'documents' | 'options'>): BodyWorkloads {
  const objects = documents.map(({ index, value }) => ({ value, source: { document: index, path: [] } }));
  const { workloads, faults } = readObjects(objects, options);
  if (faults.length > 0) return { all: [], makers: new Map() };
  return { all: workloads, makers: withoutOwned(workloads).makers };
}

/**
 * The proposals, and the same for the objects that the proposed workloads have made. Those would have another list
 * otherwise, and be judged as workloads of their own.
 */
export function withMade(
  { all, makers }: BodyWorkloads,
  proposals: readonly AllowlistProposal[],
): readonly AllowlistProposal[] {
  if (makers.size === 0) return proposals;
  const made = Map.groupBy(
    all.filter((workload) => makers.has(workload)),
    (workload) => workloadKey(rootOf(workload, makers)),
  );
  const ofMade = proposals.flatMap(({ workload, container: { name }, allowedBinaries }) =>
    (made.get(workloadKey(workload)) ?? []).flatMap((each): AllowlistProposal[] => {
      const container = each.containers.find((own) => own.name === name);
      return container === undefined ? [] : [{ workload: each, container, allowedBinaries }];
    }),
  );
  return [...proposals, ...ofMade];
}

/** The workload at the beginning of a chain of makers, which never goes in a circle. */
function rootOf(workload: Workload, makers: ReadonlyMap<Workload, Workload>): Workload {
  const maker = makers.get(workload);
  return maker === undefined ? workload : rootOf(maker, makers);
}
