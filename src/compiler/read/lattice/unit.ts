import type { Path } from '../../model/pointer.ts';
import type { BackupHook } from './document-schemas.ts';
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
  /** Sidecars that stand beside the workload, as in the CRD of a task. */
  readonly sidecars?: Located<ContainersInput | null | undefined>;
  /** What a backup tool runs in the containers. */
  readonly hooks?: readonly Located<BackupHook>[];
  /** Other mappings that may hold pod-level switches. The runtime and the workload always may. */
  readonly holders: readonly Located<Flags>[];
}

/** The unit of a document that describes its only workload in `spec.workload` and `spec.runtime`. */
export function wholeUnit(spec: Flags & { readonly runtime?: RuntimeSpec }, workload: WorkloadSpec): Unit {
  return {
    suffix: '',
    workload: { at: ['spec', 'workload'], from: workload },
    runtime: { at: ['spec', 'runtime'], from: spec.runtime },
    holders: [{ at: ['spec'], from: spec }],
  };
}
