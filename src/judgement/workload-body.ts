import type { Notice } from '../compiler/model/notices.ts';
import type { Path } from '../compiler/model/pointer.ts';
import type { Workload } from '../compiler/model/workload.ts';
import type { Position } from '../compiler/read/documents/source-document.ts';

/**
 * The workloads of a request body, the notices of reading them, and a way to find the line of every value. This is
 * what reading the body of a `/compile` request results in; everything after that works on it.
 */
export interface WorkloadBody {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
  /** The line and column of a value; undefined where the body has no such value. */
  locate(document: number, path: Path): Position | undefined;
}
