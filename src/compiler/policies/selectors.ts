import type { KprobeArg, MatchArg, Selector } from '../tracing-policy.ts';

/** What every policy needs to know of the pods it is for. */
export interface Target {
  /** Who is meant, for the message of an event: `service production/api-server`. */
  readonly subject: string;
  /**
   * Whether the runtime guard can be set. The container runtime's own stages run in the host's PID
   * namespace inside the pod's cgroup, and must live; a pod with hostPID shares that namespace.
   */
  readonly guard: boolean;
}

/** The rest of a selector besides its guard and its action. */
export type Conditions = Omit<Selector, 'matchNamespaces' | 'matchActions'>;

/** A selector that kills: the given conditions under the runtime guard. */
export function kill({ guard }: Pick<Target, 'guard'>, conditions: Conditions = {}): Selector {
  return {
    ...conditions,
    ...(guard ? { matchNamespaces: [{ namespace: 'Pid', operator: 'NotIn', values: ['host_ns'] }] } : {}),
    matchActions: [{ action: 'Sigkill' }],
  };
}

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
