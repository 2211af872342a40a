import type { Action, CompileOptions } from '../model/options.ts';
import type { KprobeArg, MatchArg, Selector } from './tracing-policy.ts';

/** What every policy needs to know of the pods it is for, and of what is to become of their processes. */
export interface Target {
  /** Who is meant, for the message of an event: `service production/api-server`. */
  readonly subject: string;
  /** The version of a policy set that permitted the service, for the message: `default version 7`. */
  readonly permittedBy: string | undefined;
  readonly mode: CompileOptions['mode'];
  readonly action: Action;
  /**
   * Whether the runtime guard can be set. The container runtime's own stages run in the host's PID
   * namespace inside the pod's cgroup, and must live; a pod with hostPID shares that namespace.
   */
  readonly guard: boolean;
}

/** The rest of a selector besides its guard and its actions. */
export type Conditions = Omit<Selector, 'matchNamespaces' | 'matchActions'>;

/** A selector that kills: the given conditions under the runtime guard. */
export function kill({ guard }: Pick<Target, 'guard'>, conditions: Conditions = {}): Selector {
  return { ...conditions, ...runtimeGuard(guard), matchActions: [{ action: 'Sigkill' }] };
}

/**
 * A selector for a call whose effect outlives the process that is killed in it: where the target is denied,
 * the call fails too. Only for `security_*` hooks.
 */
export function stop(target: Pick<Target, 'guard' | 'action'>, conditions: Conditions = {}): Selector {
  if (target.action === 'kill') return kill(target, conditions);
  return {
    ...conditions,
    ...runtimeGuard(target.guard),
    matchActions: [{ action: 'Override', argError: -1 }, { action: 'Sigkill' }],
  };
}

/** A selector for a call that fails while its process lives on. */
export function refuse({ guard }: Pick<Target, 'guard'>, conditions: Conditions): Selector {
  return { ...conditions, ...runtimeGuard(guard), matchActions: [{ action: 'Override', argError: -1 }] };
}

/** A selector that lets a call pass: those after it are not looked at. */
export function pass(conditions: Conditions): Selector {
  return { ...conditions, matchActions: [{ action: 'NoPost' }] };
}

function runtimeGuard(guard: boolean): Pick<Selector, 'matchNamespaces'> {
  return guard ? { matchNamespaces: [{ namespace: 'Pid', operator: 'NotIn', values: ['host_ns'] }] } : {};
}

/** Spares only PID 1 of its namespace holding CAP_SYS_ADMIN, which is runc init setting a container up. */
export const ALL_BUT_RUNTIME_INIT: readonly Conditions[] = [
  { matchCapabilities: [{ type: 'Effective', operator: 'NotIn', values: ['CAP_SYS_ADMIN'] }] },
  { matchPIDs: [{ operator: 'NotIn', values: [1], isNamespacePID: true, followForks: false }] },
];

/** A condition on the arg at a position of the args list. */
export function matchArg(
  position: number,
  operator: MatchArg['operator'],
  values: readonly string[],
): MatchArg {
  return { args: [position], operator, values: [...values] };
}

/** A 32-bit field reached from an argument of the function. */
export function uint32(index: number, resolve: string): KprobeArg {
  return { index, type: 'uint32', resolve };
}

/** O_WRONLY (1), O_RDWR (2) or O_TRUNC (0x200): any way to change a file's content by opening it. */
export const WRITE_FLAGS = '515';

/** The most characters that the agent keeps of a hook's message. */
const MESSAGE = 256;

/** What an event of a hook says: what was blocked, or would have been, where, and by which policies. */
export function message({ mode, subject, permittedBy }: Target, what: string): string {
  const start = `${mode === 'enforce' ? 'Blocked' : 'Would block'} ${what} `;
  const end = permittedBy === undefined ? '' : ` (${permittedBy})`;
  // A name of a Kubernetes object may have nearly as many characters as a message.
  const room = MESSAGE - start.length - end.length;
  return `${start}${subject.length <= room ? subject : `${subject.slice(0, room - 3)}...`}${end}`;
}
