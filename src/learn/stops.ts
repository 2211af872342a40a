import { allowedCapabilities, capabilitiesBeyond } from '../compiler/derive/posture.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import { compareText } from '../compiler/model/ordered.ts';
import type { Container } from '../compiler/model/workload.ts';
import type { OwnPolicy } from '../events/own-policy.ts';
import type { Observation, StoppedAction } from './observation.ts';

/** Something that a policy has stopped, or would have stopped, in a container. */
export interface Stop {
  readonly container: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** The binaries that did it. */
  readonly binaries: readonly string[];
  /** Of a change of the root filesystem: the directory; undefined where the events do not tell it. */
  readonly directory?: string | undefined;
  /** Of a gain of capabilities: those that the pod may not hold; empty where the events do not tell them. */
  readonly capabilities?: readonly string[];
  /** What happened, in words, without the container. */
  readonly what: string;
}

/** What was stopped in some containers by one policy besides allow-binaries, or would have been, most frequent first. */
export function stopsOf(
  policy: OwnPolicy,
  observations: readonly Observation[],
  unset: CompileOptions['unset'],
): Stop[] {
  return observations
    .flatMap((observation) =>
      [...observation.stops.values()]
        .filter((stop) => stop.policy === policy && !isAllowedNow(stop.action, observation, unset))
        .map(({ action, binaries, count, first, last }): Stop => {
          const container = observation.owner.container.name;
          const { containers } = observation.owner.workload;
          return {
            container,
            count,
            first,
            last,
            binaries: [...binaries].sort(compareText),
            ...describe(action, containers, unset),
          };
        }),
    )
    .sort(
      (a, b) => b.count - a.count || compareText(a.container, b.container) || compareText(a.what, b.what),
    );
}

/** Whether the workload asks for all capabilities of a call now, which it may not have done when the events were recorded. */
function isAllowedNow(
  action: StoppedAction,
  { owner }: Observation,
  unset: CompileOptions['unset'],
): boolean {
  if (action.kind !== 'capability' || action.capabilities.length === 0) return false;
  // A capability without a name is a number, and never held.
  const allowed = allowedCapabilities(owner.workload.containers, unset);
  return allowed !== undefined && capabilitiesBeyond(action.capabilities, allowed).length === 0;
}

function describe(
  action: StoppedAction,
  containers: readonly Container[],
  unset: CompileOptions['unset'],
): Pick<Stop, 'what' | 'directory' | 'capabilities'> {
  switch (action.kind) {
    case 'rootfs-write': {
      const { directory } = action;
      return {
        directory,
        what: directory === undefined ? 'a change of the root filesystem' : `a change in ${directory}`,
      };
    }
    case 'capability': {
      const capabilities = capabilitiesBeyond(action.capabilities, allowedCapabilities(containers, unset));
      const gained = capabilities.length === 0 ? 'capabilities' : capabilities.join(', ');
      return {
        capabilities,
        what:
          action.how === 'file'
            ? 'a program whose file capabilities the pod may not hold'
            : `a gain of ${gained}`,
      };
    }
    case 'identity': {
      const by = action.what === 'setid-program' ? ', by a setuid or setgid program' : '';
      return { what: action.id === 'group' ? `taking group 0${by}` : `becoming root${by}` };
    }
    default:
      return { what: 'something else' };
  }
}
