import type { Path } from './pointer.ts';

/** Something that the caller of the compiler should know, though nothing is wrong. */
export interface Notice {
  /** The kind of notice: a key of {@link NOTICE_CODES}. It stays the same when the message is reworded. */
  readonly code: NoticeCode;
  /** The workload that it is about, `<namespace>/<name>`; empty when it is about none. */
  readonly service: string;
  /** The container that it is about, if it is about one. */
  readonly container?: string;
  /** What happened, why, and what could be done about it. */
  readonly message: string;
  /** The document, counted from 0, and the path in it of the value that led to the notice. */
  readonly document: number;
  readonly path: Path;
}

/** How much a notice weighs. A warning means less protection or more kills than one might expect; a note is a fact. */
export type NoticeLevel = 'warning' | 'note';

/** Every kind of notice, with its level and its meaning. */
export const NOTICE_CODES = {
  ImplicitWildcard: {
    level: 'warning',
    meaning: 'A container has no command and no allowedBinaries, so any binary may run in it.',
  },
  UnresolvableEntrypoint: {
    level: 'warning',
    meaning: 'An entrypoint is found through PATH or a variable, so no allowlist can name it.',
  },
  EntrypointMatchedByName: {
    level: 'note',
    meaning: 'A relative entrypoint is covered by an allowedBinaries entry of the same name.',
  },
  EntrypointOfImage: {
    level: 'note',
    meaning: 'An entrypoint was found by the config of its image, which somebody has given.',
  },
  ImageMatchedByTag: {
    level: 'warning',
    meaning: 'The config of an image was found by its tag, which may be moved to another image.',
  },
  EntrypointNeedsEvents: {
    level: 'warning',
    meaning:
      'A container runs a shell, script or launcher, and the config of its image does not tell what that needs.',
  },
  ShellFormEntrypoint: {
    level: 'note',
    meaning: 'The ENTRYPOINT or CMD of an image is a line for a shell.',
  },
  ImageUserRefused: {
    level: 'warning',
    meaning:
      'runAsNonRoot is true, and the user of the image is root or has a name: the kubelet will refuse to start it.',
  },
  ImageNotUsed: {
    level: 'note',
    meaning: 'The config of an image was given that no container has.',
  },
  WindowsImage: {
    level: 'note',
    meaning: 'The config of an image for Windows was given, of which nothing is used.',
  },
  BinaryPolicySkipped: {
    level: 'warning',
    meaning: 'One container may run any binary, so the pod has no allowlist.',
  },
  EmptyAllowedBinaries: {
    level: 'warning',
    meaning: 'allowedBinaries is an empty list, which counts as not set.',
  },
  LiteralGlob: {
    level: 'warning',
    meaning: 'An allowedBinaries entry holds * or ?, which the kernel compares literally.',
  },
  LongPath: { level: 'note', meaning: 'A path over 510 bytes needs kernel 5.11 or later.' },
  LauncherStartsOthers: {
    level: 'warning',
    meaning:
      'A shell, script or launcher may run, but programs that it starts are not on the allowlist, and will be killed.',
  },
  ImageEntrypointNotDeclared: {
    level: 'warning',
    meaning: 'allowedBinaries is set without a command: the entrypoint of the image must be on the list.',
  },
  MergedUsrPathsNotListed: {
    level: 'warning',
    meaning: 'Where /bin is a link to /usr/bin, a program found through PATH has a path that is not listed.',
  },
  ContainersInjectedLater: {
    level: 'warning',
    meaning:
      'A mesh or another injector adds containers after compilation, and the policies apply to them too.',
  },
  InjectedContainersSpared: {
    level: 'note',
    meaning: 'A mesh or another injector adds containers after compilation, in which nothing is enforced.',
  },
  PolicySkippedForPod: {
    level: 'warning',
    meaning: 'A container is less strict than its neighbours, so the pod has no such policy.',
  },
  HostPidGuardOmitted: {
    level: 'note',
    meaning: 'A pod in the host PID namespace cannot carry the container runtime guard.',
  },
  HostPidAllowlistSkipped: {
    level: 'warning',
    meaning: 'A pod in the host PID namespace has no allowlist, which would kill the container runtime.',
  },
  KillLeavesEffects: {
    level: 'note',
    meaning:
      'A killed process leaves what its call did, such as a truncated file; action=deny makes the call fail.',
  },
  WritableAllowlist: {
    level: 'warning',
    meaning: 'An allowed binary lies in a volume that the container may write to, and can be replaced.',
  },
  UserNamespaceSetuidSkipped: {
    level: 'note',
    meaning: 'A pod in its own user namespace has no kernel uid 0, so block-setuid is left out.',
  },
  CapabilityNotDropped: {
    level: 'warning',
    meaning: 'A capability to drop is written with CAP_, by which containerd drops nothing.',
  },
  CapsetSkipped: {
    level: 'note',
    meaning: 'A privileged container or one with all capabilities leaves nothing to block.',
  },
  ContradictoryUser: {
    level: 'warning',
    meaning: 'runAsNonRoot is true and runAsUser is 0: the kubelet will refuse to start it.',
  },
  UnknownField: {
    level: 'warning',
    meaning: 'A field outside a security context is not one we know; it had no effect.',
  },
  UnseenRuntime: {
    level: 'warning',
    meaning: 'The pod may run where Tetragon does not see it: by a sandboxed runtime, or on a virtual node.',
  },
  OwnUserNamespace: {
    level: 'note',
    meaning: 'The pod has a user namespace of its own, so its root is not root of the node.',
  },
  IgnoredAnnotation: {
    level: 'warning',
    meaning: 'An annotation of old versions of Kubernetes that has no effect any more.',
  },
  WindowsPod: {
    level: 'note',
    meaning: 'A Windows pod: Tetragon policies do not apply, so there are none.',
  },
  OwnedByJudged: {
    level: 'note',
    meaning: 'An object that a workload of the body has made: it is judged and protected by that.',
  },
  SelectorOverlap: {
    level: 'warning',
    meaning: 'A workload selects the pods of another one too, so its policies apply to them.',
  },
  UnlabelledPods: {
    level: 'warning',
    meaning:
      'The pods of a workload have no labels, so its policies hold once they have the one that is answered.',
  },
  UnjudgedPart: {
    level: 'warning',
    meaning:
      'A part of an object changes its pods in a way that nobody can tell, so the object passes only as a whole.',
  },
  PodsNotEnforced: {
    level: 'warning',
    meaning:
      'What pods ask for is judged, but no policies are made for them, because other objects make them.',
  },
  ControllerAddsContainers: {
    level: 'warning',
    meaning:
      'The controller of a kind adds containers to its pods, which policies for the whole pod would kill.',
  },
  ControllerBinariesListed: {
    level: 'note',
    meaning:
      'The controller of a kind starts the commands of its containers by a binary that the list has too.',
  },
  ControllerStartsOthers: {
    level: 'warning',
    meaning:
      'The controller of a kind starts the commands of its containers by programs that no list can name.',
  },
  NoPodsOfItsOwn: {
    level: 'note',
    meaning: 'An object of a kind that makes pods describes none itself, so there is nothing to judge.',
  },
  PassedThrough: { level: 'note', meaning: 'The body holds objects that are no workloads.' },
  UnknownWorkload: {
    level: 'warning',
    meaning:
      'An object of a kind we do not know has containers: it was permitted as a whole, and nothing in it is enforced.',
  },
  PolicyRenamed: {
    level: 'note',
    meaning: 'The policies of a workload have other names than before; the former ones are to be deleted.',
  },
  PolicyBudget: {
    level: 'warning',
    meaning:
      'This request alone makes more policies than a Tetragon agent can hold, or much kernel memory on every node.',
  },
} as const satisfies Record<string, { level: NoticeLevel; meaning: string }>;

/** A kind of notice. */
export type NoticeCode = keyof typeof NOTICE_CODES;
