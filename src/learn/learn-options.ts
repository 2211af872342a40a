import type { CompileOptions } from '../compiler/model/options.ts';
import type { BinaryClass } from './binary-classes.ts';

/** The options of learning. */
export interface LearnOptions {
  /** The classes of binaries that are proposed too. */
  readonly include: ReadonlySet<BinaryClass>;
  /** In how many pods each container must have been seen. */
  readonly minPods: number;
  /** For how many hours each container must have been seen. */
  readonly minHours: number;
  /** How many starts of each container must have been seen. */
  readonly minStarts: number;
  /** Whether the policies were loaded in monitor mode for all of that time. No event shows that of a quiet policy. */
  readonly monitored: boolean;
  /** The options by which the workloads are compiled. */
  readonly compile: CompileOptions;
}
