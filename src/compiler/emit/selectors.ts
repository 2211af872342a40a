import type { Action, CompileOptions } from '../model/options.ts';
import type { KprobeArg, MatchArg, Selector } from './kprobe.ts';

/** The pods that a policy selects, and what happens to their processes. The hooks of every policy depend on it. */
export interface Target {
  /** The subject of the message of an event, such as `service production/api-server`. */
  readonly subject: string;
  /** The version of a policy set that permitted the service, for the message, such as `default version 7`. */
  readonly permittedBy: string | undefined;
  readonly mode: CompileOptions['mode'];
  readonly action: Action;
  /**
   * Whether the runtime guard can be set, a condition that spares the container runtime. The stages of the runtime run
   * inside the cgroup of the pod but in the PID namespace of the host, and must not be killed. A pod with hostPID shares
   * that namespace, so there the guard would spare every process.
   */
  readonly guard: boolean;
}

/** The conditions of a selector, without its guard and its actions. */
export type Conditions = Omit<Selector, 'matchNamespaces' | 'matchActions'>;

/** A selector that kills the process when the conditions and the runtime guard hold. */
export function kill({ guard }: Pick<Target, 'guard'>, conditions: Conditions = {}): Selector {
  return { ...conditions, ...runtimeGuard(guard), matchActions: [{ action: 'Sigkill' }] };
}

/**
 * A selector for a call whose effect outlives the killed process. The process is killed, and with `action: deny` the call
 * fails too. It is for `security_*` hooks only.
 */
export function stop(target: Pick<Target, 'guard' | 'action'>, conditions: Conditions = {}): Selector {
  if (target.action === 'kill') return kill(target, conditions);
  return {
    ...conditions,
    ...runtimeGuard(target.guard),
    matchActions: [{ action: 'Override', argError: -1 }, { action: 'Sigkill' }],
  };
}

/** A selector that makes the call fail and lets the process live. */
export function refuse({ guard }: Pick<Target, 'guard'>, conditions: Conditions): Selector {
  return { ...conditions, ...runtimeGuard(guard), matchActions: [{ action: 'Override', argError: -1 }] };
}

/** A selector that lets a call pass. Selectors after it are not evaluated. */
export function pass(conditions: Conditions): Selector {
  return { ...conditions, matchActions: [{ action: 'NoPost' }] };
}

function runtimeGuard(guard: boolean): Pick<Selector, 'matchNamespaces'> {
  return guard ? { matchNamespaces: [{ namespace: 'Pid', operator: 'NotIn', values: ['host_ns'] }] } : {};
}

/**
 * Conditions, each for a selector of its own, that hold for every process except PID 1 of its namespace with
 * CAP_SYS_ADMIN: that is `runc init` while it sets up a container.
 */
export const ALL_BUT_RUNTIME_INIT: readonly Conditions[] = [
  { matchCapabilities: [{ type: 'Effective', operator: 'NotIn', values: ['CAP_SYS_ADMIN'] }] },
  { matchPIDs: [{ operator: 'NotIn', values: [1], isNamespacePID: true, followForks: false }] },
];

/**
 * A condition on an argument.
 *
 * @param position The position in the `args` of the hook, from 0; not the index of the argument in the function.
 */
export function matchArg(
  position: number,
  operator: MatchArg['operator'],
  values: readonly string[],
): MatchArg {
  return { args: [position], operator, values: [...values] };
}

/**
 * An argument that is a 32-bit field.
 *
 * @param index The index of the argument in the function, from 0.
 * @param resolve The path from the argument to the field, such as `uid.val`.
 */
export function uint32(index: number, resolve: string): KprobeArg {
  return { index, type: 'uint32', resolve };
}

/** The mask of O_WRONLY (1), O_RDWR (2) and O_TRUNC (0x200), the flags of open(2) by which a file can change. */
export const WRITE_FLAGS = '515';

/** The most characters that the agent keeps of a hook's message. */
const MESSAGE = 256;

/**
 * The message of the events of a hook: what was blocked, or would have been, in which service, and the version of the
 * policy set that permitted the service. It has at most 256 characters.
 *
 * @param what What the hook blocks, as it reads after "Blocked".
 */
export function message({ mode, subject, permittedBy }: Target, what: string): string {
  const start = `${mode === 'enforce' ? 'Blocked' : 'Would block'} ${what} `;
  const end = permittedBy === undefined ? '' : ` (${permittedBy})`;
  // The name of a Kubernetes object can be nearly as long as a message.
  const room = MESSAGE - start.length - end.length;
  return `${start}${subject.length <= room ? subject : `${subject.slice(0, room - 3)}...`}${end}`;
}
