import type { Additions } from './additions.ts';
import type { CapabilityName } from './capabilities.ts';
import type { MatchedImage } from './image.ts';
import type { LabelSelector } from './label-selector.ts';
import type { Path } from './pointer.ts';

/** The pod-level switches that we read. Where they stand depends on the kind of workload. */
export const POD_FLAGS = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostUsers',
  'shareProcessNamespace',
  'automountServiceAccountToken',
] as const;

/** The probes that may run a binary in a container. */
export const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** A place in a body: the document, counted from 0, and the path of a value in it. */
export interface Source {
  readonly document: number;
  readonly path: Path;
}

/** A program that is run in a container from outside, and where it was written. */
export interface ExecAction {
  readonly binary: string;
  /** The binary with its arguments. Arguments may be secrets, so answers show nothing of them but names of programs. */
  readonly words: readonly string[];
  readonly path: Path;
}

/** An exec probe: its binary joins the allowlist. */
export interface ExecProbe extends ExecAction {
  readonly kind: (typeof PROBES)[number];
}

/** The types of a seccomp or an AppArmor profile. */
export const PROFILE_TYPES = ['RuntimeDefault', 'Unconfined', 'Localhost'] as const;

/** A profile that a container asks for, seccomp's or AppArmor's. */
export type ProfileType = (typeof PROFILE_TYPES)[number];

/** The security context of a container. A field that is undefined was left out. */
export interface SecurityContext {
  readonly allowedBinaries: readonly string[] | undefined;
  readonly readOnlyRootFilesystem: boolean | undefined;
  readonly runAsNonRoot: boolean | undefined;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly capabilitiesAdd: readonly CapabilityName[];
  /** Undefined when `drop` is left out, which is not the same as dropping nothing. */
  readonly capabilitiesDrop: readonly CapabilityName[] | undefined;
  readonly privileged: boolean;
  readonly allowPrivilegeEscalation: boolean | undefined;
  readonly seccompProfile: ProfileType | undefined;
  readonly appArmorProfile: ProfileType | undefined;
}

/** An override that a reader has found itself: its id, and the path of the value that asks for it. */
export interface DirectOverride {
  readonly id: string;
  readonly path: Path;
  /** Whether nothing in the document says so: it is what the API server or a runtime makes of what is left out. */
  readonly implicit?: boolean;
  /** Of `hostPath:<path>` alone: whether the pod can only read there. */
  readonly readOnly?: boolean;
}

/**
 * What a workload says of the variable PATH of a container: its value; that it is `unset`, so that the image decides; or
 * `unknown`, because it is taken from elsewhere.
 */
export type PathVariable = { readonly value: string } | 'unset' | 'unknown';

/** One container of a pod, whatever its role. */
export interface Container {
  readonly name: string;
  readonly role: 'container' | 'initContainer' | 'sidecar' | 'ephemeralContainer';
  readonly image: string | undefined;
  /** What is known of the image; undefined when nobody has given its config. */
  readonly knownImage: MatchedImage | undefined;
  /** The binary of `command[0]`; undefined when the image's own entrypoint runs. */
  readonly command: string | undefined;
  /** `command` with `args`, as the words of an {@link ExecAction}; empty without a command. */
  readonly words: readonly string[];
  /** What it gives the command, or the entrypoint of its image. May hold secrets, as the words do. */
  readonly args: readonly string[];
  /** The directory that it starts in; undefined when the image decides. */
  readonly workingDir: string | undefined;
  readonly pathVariable: PathVariable;
  readonly execProbes: readonly ExecProbe[];
  /** What a backup tool runs in it before and after a backup: their binaries join the allowlist. */
  readonly backupHooks: readonly ExecAction[];
  /** Its lifecycle hooks that run a program: like those of exec probes, their binaries join the allowlist. */
  readonly lifecycleBinaries: readonly ExecAction[];
  /** The directories where volumes are mounted that it may write to, without a slash at the end. */
  readonly writableMounts: readonly string[];
  readonly security: SecurityContext;
  /**
   * Whether the operator of its kind adds it to the pods, so that no list can be written for it. What such a container
   * leaves out is not hardened, as in Kubernetes.
   */
  readonly isAdded?: true;
  /** The overrides that it asks for by other means than the fields above. */
  readonly asks: readonly DirectOverride[];
  /** The container itself. */
  readonly path: Path;
  /** Its security context, or the container where it has none. */
  readonly securityPath: Path;
  /**
   * Where values stand that are not in its own security context, but in that of the pod, in defaults or in an
   * annotation. A key is a field, with further steps after a slash, such as `allowedBinaries/0`.
   */
  readonly places: Readonly<Record<string, Path>>;
}

/** The path of a value of a container's security context. `steps` lead further into the field, such as to an item. */
export function securityPlace(
  { places, securityPath }: Pick<Container, 'places' | 'securityPath'>,
  field: string,
  ...steps: Path
): Path {
  const exact = places[[field, ...steps].join('/')];
  if (exact !== undefined) return exact;
  const base = places[field];
  return base === undefined ? [...securityPath, field, ...steps] : [...base, ...steps];
}

/**
 * The path of a value of a container outside its security context, such as `image`.
 *
 * @example
 * containerPlace({ places: {}, path: ['spec', 'containers', 0] }, 'command', 0); // => ['spec', 'containers', 0, 'command', 0]
 */
export function containerPlace({ places, path }: Pick<Container, 'places' | 'path'>, ...steps: Path): Path {
  return places[steps.join('/')] ?? [...path, ...steps];
}

/** A pod-level switch that was set, and where. */
export interface PodFlag {
  readonly name: (typeof POD_FLAGS)[number];
  readonly value: boolean;
  readonly path: Path;
}

/** The kinds of workload, as policies name them. */
export const WORKLOAD_KINDS = [
  'service',
  'job',
  'model',
  'pod',
  'deployment',
  'statefulset',
  'daemonset',
  'replicaset',
  'cronjob',
  'replicationcontroller',
  'podtemplate',
] as const;
/** A kind of workload that is compiled. */
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** Where the labels of its pods can be written in an object. */
export interface PodTemplate {
  readonly apiVersion: string;
  readonly kind: string;
  /** The name of the object. That of the workload may be longer. */
  readonly name: string;
  /** The template's metadata, from the root of the object. */
  readonly metadata: Path;
  readonly hasMetadata: boolean;
  readonly hasLabels: boolean;
}

/** The object that made a workload, and keeps it as it is. */
export interface Controller {
  /** As Cedar policies see it. */
  readonly kind: string;
  readonly name: string;
}

/** What the readers make of every kind of workload. The rest of the compiler knows no other form. */
export interface Workload {
  /** As Cedar policies see it in `principal.kind`: a {@link WorkloadKind}, or `<kind>.<group>` of any other. */
  readonly kind: string;
  /** Whose objects it is written in, and so where `allowedBinaries` is said: a field or an annotation. */
  readonly dialect: 'lattice' | 'kubernetes';
  readonly namespace: string;
  readonly name: string;
  /**
   * The end of the name by which the workload differs from others of the same object, such as `-head`; empty where
   * the object is one workload, and for Lattice's kinds.
   */
  readonly suffix: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What selects its pods and no others; undefined when nothing does, or a reader cannot know. */
  readonly podSelector: LabelSelector | undefined;
  /** The labels that its pods are known to have. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The annotations of its pods, as its document has them. */
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** Where the metadata of its pods can be written, from the root of the document; undefined when it cannot. */
  readonly podMetadata: Path | undefined;
  /** Its pod template, where its own document has one that labels can be added to. */
  readonly template: PodTemplate | undefined;
  readonly containers: readonly Container[];
  readonly pod: readonly PodFlag[];
  /** What the pod as a whole asks for besides its switches. */
  readonly asks: readonly DirectOverride[];
  /**
   * Why no policy can be made for it, though its overrides are decided: Tetragon is not on Windows, of an object of
   * an unknown kind nobody knows which pods it makes, and some pods follow what stands elsewhere too, or nothing selects
   * them alone.
   */
  readonly unenforced: 'windows' | 'unknown-kind' | 'elsewhere' | undefined;
  /** What its controller adds to its pods after they were compiled; undefined when it adds nothing. */
  readonly additions: Additions | undefined;
  /** The controller that made it, as its owner references say. */
  readonly controller: Controller | undefined;
  readonly source: Source;
}

/** `<namespace>/<name>`, as notices, decisions and Cedar principals name a workload. */
export function workloadId(workload: Pick<Workload, 'namespace' | 'name'>): string {
  return `${workload.namespace}/${workload.name}`;
}
