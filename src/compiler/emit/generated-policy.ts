import type { ContainerBinaries } from '../derive/binaries.ts';
import type { CompileOptions } from '../model/options.ts';
import type { Workload } from '../model/workload.ts';
import type { Note } from './note.ts';
import type { Target } from './selectors.ts';
import type { Kprobe } from './tracing-policy.ts';

/** What a generated policy is asked about: the containers that one set of policies covers, and how. */
export interface Group {
  readonly workload: Workload;
  /** The name of the single container that is covered; undefined when it is the whole pod. */
  readonly container: string | undefined;
  readonly binaries: readonly ContainerBinaries[];
  readonly options: CompileOptions;
  /** Whether the runtime guard can be set: see {@link Target}. */
  readonly guard: boolean;
}

/** What a group of containers needs of one policy. */
export interface Requirement {
  /** The hooks, for these pods. */
  kprobes(target: Target): Kprobe[];
  /** What the manifest says of the options that made it. */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * What sets this need apart from others of the same policy, in words for a label's value. Two groups of the same
   * words share one cluster policy (`layout: shared`).
   */
  readonly variant?: readonly string[];
}

/**
 * A policy of the specification. Each is one file of `policies/`, and one line of `GENERATED_POLICIES`: whatever
 * walks that list knows nothing else of it.
 */
export interface GeneratedPolicy {
  /** What the names of its manifests begin with, e.g. `block-setuid`. */
  readonly name: string;
  /**
   * The label, after `lattice.dev/`, of pods that share a cluster policy of this name (`layout: shared`). Undefined
   * for a policy that is always of one service.
   */
  readonly sharedLabel: string | undefined;
  /** Whether some of its calls take effect although their process is killed. */
  readonly isLasting: boolean;
  /** What a group needs of it; undefined when it does not apply, of which a notice may say why. */
  requirement(group: Group, note: Note): Requirement | undefined;
}
