import type { Notice } from '../compiler/model/notices.ts';
import type { Path } from '../compiler/model/pointer.ts';
import type { Workload } from '../compiler/model/workload.ts';
import type { Position } from '../compiler/read/documents/source-document.ts';

/** The services of a body, and where everything in them stands. */
export interface Services {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
  locate(document: number, path: Path): Position | undefined;
}
