import type { ContainerBinaries } from '../derive/container-binaries.ts';
import type { CompileOptions } from '../model/options.ts';
import type { Workload } from '../model/workload.ts';
import type { Kprobe } from './kprobe.ts';
import type { Note } from './note.ts';
import type { Target } from './selectors.ts';

/** The containers that one set of policies covers, and the options that the policies are generated with. */
export interface Group {
  readonly workload: Workload;
  /** The name of the single container that is covered; undefined when it is the whole pod. */
  readonly container: string | undefined;
  readonly binaries: readonly ContainerBinaries[];
  readonly options: CompileOptions;
  /** Whether the runtime guard can be set; see {@link Target}. */
  readonly guard: boolean;
}

/** The content of one policy for a group of containers. */
export interface Requirement {
  /** Makes the hooks of the policy. */
  kprobes(target: Target): Kprobe[];
  /** Annotations for the manifest about the options that determined its content. */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * Words that identify this content among all contents of the same policy. They become the value of a label, and groups
   * with the same words share one cluster policy (`layout: shared`).
   */
  readonly variant?: readonly string[];
}

/**
 * A policy of the specification. Each one is a file of `policies/` and a line of `GENERATED_POLICIES`; the code that
 * walks the list uses only this interface.
 */
export interface GeneratedPolicy {
  /** The start of the names of its manifests, such as `block-setuid`. */
  readonly name: string;
  /**
   * The key, after `lattice.dev/`, of the label that pods with a shared cluster policy have (`layout: shared`). It is
   * undefined for a policy that cannot be shared, because its content belongs to one service.
   */
  readonly sharedLabel: string | undefined;
  /** Whether some calls that it stops take effect even when their process is killed. */
  readonly isLasting: boolean;
  /** The content of the policy for a group; undefined when the policy does not apply. A notice may then say why. */
  requirement(group: Group, note: Note): Requirement | undefined;
}
