import type { Path } from '../../model/pointer.ts';
import type { BackupHook, ModelSource } from './document-schemas.ts';
import type { ContainersInput, Flags, RuntimeSpec, WorkloadSpec } from './unit-schemas.ts';

/** A mapping of a document, as its schema has read it, and where it stands in the document. */
export interface Located<T> {
  readonly at: Path;
  readonly from: T;
}

/** What becomes one workload: the whole of a service, a task of a job, the entry or the workers of a role of a model. */
export interface Unit {
  /** What the name of the workload adds to that of the document; empty for the whole of a document. */
  readonly suffix: string;
  readonly workload: Located<WorkloadSpec>;
  readonly runtime: Located<RuntimeSpec>;
  /** Sidecars that stand beside the workload, as in the CRD, where the runtime has others. */
  readonly sidecars?: Located<ContainersInput | null | undefined>;
  /** Whether it is part of a distributed training, whose commands Lattice's operator starts by a shell. */
  readonly isTraining?: boolean;
  /** From where Lattice's operator has a model downloaded into the pods. */
  readonly source?: Located<ModelSource> | undefined;
  /** What a backup tool runs in the containers. */
  readonly hooks?: readonly Located<BackupHook>[];
  /** Other mappings that may hold pod-level switches. The runtime and the workload always may. */
  readonly holders: readonly Located<Flags>[];
}

/** What a spec may have beside its workload. */
type WholeSpec = Flags & {
  readonly runtime?: RuntimeSpec;
  readonly sidecars?: ContainersInput | null | undefined;
};

/** The unit of a document that describes its only workload in `spec.workload`, and the rest of the pod beside it. */
export function wholeUnit(spec: WholeSpec, workload: WorkloadSpec): Unit {
  return {
    suffix: '',
    workload: { at: ['spec', 'workload'], from: workload },
    runtime: { at: ['spec', 'runtime'], from: spec.runtime },
    sidecars: { at: ['spec', 'sidecars'], from: spec.sidecars },
    holders: [{ at: ['spec'], from: spec }],
  };
}
