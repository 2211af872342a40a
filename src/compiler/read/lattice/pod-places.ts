import type { Path } from '../../model/pointer.ts';
import { entries, member } from '../mapping.ts';
import { type LatticeKind, UNITS } from './kinds.ts';

/** A mapping of a Lattice document that describes pods, and the members by which it does. */
export interface PodPlace {
  readonly at: Path;
  /** The member that holds the containers, and the one that holds the sidecars and the switches of the pod. */
  readonly workload: 'workload' | 'entryWorkload' | 'workerWorkload';
  readonly runtime: 'runtime' | 'entryRuntime' | 'workerRuntime';
  /** Whether what is in the runtime may stand beside the workload too: Lattice's CRD has it only there. */
  readonly isFlat: boolean;
}

/** The members of a workload that hold containers. */
export const WORKLOAD_GROUPS = ['containers', 'initContainers'] as const;

/**
 * The mappings of a document that describe pods: its spec as a whole, its tasks or its roles, and what these have from
 * `spec.defaults`. A role of a model describes two pods, its entry and its workers.
 */
export function podPlaces(document: unknown, kind: LatticeKind): readonly PodPlace[] {
  return [wholePlace(), ...unitPlaces(document, kind), ...placesAt(['spec', 'defaults'], kind)];
}

/** The tasks of a job, or the roles of a model. */
export function unitPlaces(document: unknown, kind: LatticeKind): readonly PodPlace[] {
  const units = UNITS[kind];
  if (units === undefined) return [];
  return entries(member(member(document, 'spec'), units)).flatMap(([name]) =>
    placesAt(['spec', units, name], kind),
  );
}

/** The spec as a whole, which describes the pods of every service. */
export function wholePlace(): PodPlace {
  return { at: ['spec'], workload: 'workload', runtime: 'runtime', isFlat: true };
}

/** The pods that one task or role describes, or the defaults of all of them. */
function placesAt(at: Path, kind: LatticeKind): readonly PodPlace[] {
  switch (kind) {
    case 'service':
      return [];
    case 'job':
      return [{ at, workload: 'workload', runtime: 'runtime', isFlat: true }];
    case 'model':
      return [
        { at, workload: 'entryWorkload', runtime: 'entryRuntime', isFlat: false },
        { at, workload: 'workerWorkload', runtime: 'workerRuntime', isFlat: false },
      ];
  }
}

/** The paths of the lists and mappings of containers that a mapping which describes pods may have. */
export function groupsOf({ at, workload, runtime, isFlat }: PodPlace): readonly Path[] {
  return [
    ...WORKLOAD_GROUPS.map((group) => [...at, workload, group]),
    [...at, runtime, 'sidecars'],
    ...(isFlat ? [[...at, 'sidecars']] : []),
  ];
}
