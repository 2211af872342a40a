import type { Path } from './pointer.ts';

/** One thing wrong with the input, where it stands, in words that say what to do. */
export interface Fault {
  /** The document it stands in, counted from 0 over all documents of the body. */
  readonly document: number;
  /** The value it speaks of. */
  readonly path: Path;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** What the compiler did that its caller should know, though nothing is wrong. */
export interface Notice {
  /** A stable name for this kind of notice. */
  readonly code: NoticeCode;
  /** The service it speaks of, `<namespace>/<name>`. */
  readonly service: string;
  /** The container it speaks of, if it is one container's. */
  readonly container?: string;
  /** What happened, why, and what could be done about it. */
  readonly message: string;
  /** The document and the value that led to it. */
  readonly document: number;
  readonly path: Path;
}

/** Every kind of notice, with what it means. */
export const NOTICE_CODES = {
  ImplicitWildcard: 'A container has no command and no allowedBinaries, so any binary may run in it.',
  UnresolvableEntrypoint: 'An entrypoint is found through PATH or a variable, so no allowlist can name it.',
  EntrypointMatchedByName: 'A relative entrypoint is covered by an allowedBinaries entry of the same name.',
  BinaryPolicySkipped: 'One container may run any binary, so the pod has no allowlist.',
  EmptyAllowedBinaries: 'allowedBinaries is an empty list, which counts as not set.',
  LiteralGlob: 'An allowedBinaries entry holds * or ?, which the kernel compares literally.',
  LongPath: 'A path over 510 bytes needs kernel 5.11 or later.',
  LifecycleHookNotAllowed: 'A lifecycle hook runs a binary that is not on the allowlist, and will be killed.',
  PolicySkippedForPod: 'A container is less strict than its neighbours, so the pod has no such policy.',
  HostPidGuardOmitted: 'A pod in the host PID namespace cannot carry the container runtime guard.',
  UserNamespaceSetuidSkipped:
    'A pod in its own user namespace has no kernel uid 0, so block-setuid is left out.',
  CapsetSkipped: 'A privileged container or one with all capabilities leaves nothing to block.',
  ContradictoryUser: 'runAsNonRoot is true and runAsUser is 0: the kubelet will refuse to start it.',
  UnknownField: 'A field outside a security context is not one we know; it had no effect.',
  SysctlsNotJudged: 'A pod sets sysctls, which no override speaks of.',
  SelectorOverlap: 'A workload selects the pods of another one too, so its policies apply to them.',
  PassedThrough: 'The body holds objects that are no workloads.',
  UnknownWorkload: 'An object of a kind we do not know has containers: nothing in it is enforced.',
  PolicyBudget: 'This request alone makes more policies than a Tetragon agent can hold.',
} as const;

/** A kind of notice. */
export type NoticeCode = keyof typeof NOTICE_CODES;
