import { type CapabilityName, capabilityMask, RUNTIME_DEFAULT_CAPABILITIES } from '../model/capabilities.ts';
import type { CompileOptions } from '../model/options.ts';
import type { Container } from '../model/workload.ts';

/** What a container says of one hardening: it asks for it, gives it up, or leaves it out. */
export type Stance = 'asked' | 'relaxed' | 'silent';

type Unset = CompileOptions['unset'];

/** What a container says of a read-only root filesystem. */
export function rootfsStance({ security }: Container, unset: Unset): Stance {
  return stance(security.readOnlyRootFilesystem, unset);
}

/** What a container says of never being root. `runAsUser: 0` gives it up as plainly as `runAsNonRoot: false`. */
export function nonRootStance({ security }: Container, unset: Unset): Stance {
  return stance(security.runAsNonRoot ?? (security.runAsUser === 0 ? false : undefined), unset);
}

function stance(declared: boolean | undefined, unset: Unset): Stance {
  if (declared === undefined) return unset === 'restricted' ? 'asked' : 'silent';
  return declared ? 'asked' : 'relaxed';
}

/** Whether a hardening holds for all of some containers, and which of them stand in its way. */
export interface Hardening {
  readonly enforced: boolean;
  /** Containers less strict than a neighbour that asks; empty unless one asks. */
  readonly obstacles: readonly { readonly container: Container; readonly stance: Stance }[];
}

/** A hardening holds when one container asks for it and none takes a stance that stands in its way. */
export function aggregate(
  containers: readonly Container[],
  obstructing: readonly Stance[],
  stanceOf: (container: Container) => Stance,
): Hardening {
  const stances = containers.map((container) => ({ container, stance: stanceOf(container) }));
  if (!stances.some(({ stance }) => stance === 'asked')) return { enforced: false, obstacles: [] };
  const obstacles = stances.filter(({ stance }) => obstructing.includes(stance));
  return { enforced: obstacles.length === 0, obstacles };
}

/** The runtime defaults that a container with a `drop` list keeps. */
export function retainedCapabilities(drop: readonly CapabilityName[]): CapabilityName[] {
  return drop.includes('ALL') ? [] : RUNTIME_DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name));
}

/**
 * The capabilities that some containers may hold between them, as a mask; undefined when one of them is
 * privileged or adds ALL, and so may hold any.
 */
export function allowedCapabilities(containers: readonly Container[], unset: Unset): bigint | undefined {
  let allowed = 0n;
  for (const { security } of containers) {
    if (security.privileged || security.capabilitiesAdd.includes('ALL')) return undefined;
    const drop: readonly CapabilityName[] =
      security.capabilitiesDrop ?? (unset === 'restricted' ? ['ALL'] : []);
    allowed |= capabilityMask([...retainedCapabilities(drop), ...security.capabilitiesAdd]);
  }
  return allowed;
}
