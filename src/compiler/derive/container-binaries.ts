import type { Path } from '../model/pointer.ts';
import type { Container } from '../model/workload.ts';
import type { UncertainAction } from './image-certainty.ts';
import type { ImageEntrypoint } from './image-entrypoints.ts';

/** One binary that a container is to run, and the place of the value that names it. */
export interface BinaryRequest {
  readonly binary: string;
  readonly path: Path;
}

/** The binaries that a container may execute. */
export interface ContainerBinaries {
  readonly container: Container;
  /** The distinct entries of allowedBinaries, `*` included. */
  readonly declared: readonly BinaryRequest[];
  /**
   * The distinct entrypoints with an absolute path: `command[0]`, or what the image starts where that is known; exec
   * probes, lifecycle hooks and backup hooks. One that is looked up in PATH is every file that it can be.
   */
  readonly entrypoints: readonly BinaryRequest[];
  /** The entrypoints that only the config of the image could tell. */
  readonly byImage: readonly ImageEntrypoint[];
  /** What may run more than a list that rests on the config of the image has, where nobody listed binaries. */
  readonly uncertain: readonly UncertainAction[];
  /** The place of the value because of which an entrypoint is unknown; undefined when all are known. */
  readonly implicitWildcard: Path | undefined;
  /** The paths of all binaries that may run, or undefined when any binary may. */
  readonly allowlist: ReadonlySet<string> | undefined;
  /**
   * The list that `mode=monitor` takes though any binary may run: all entrypoints are known, but not what they start in
   * turn, which the events of that mode tell. Undefined when there is an allowlist, or no such list.
   */
  readonly monitored: ReadonlySet<string> | undefined;
}
