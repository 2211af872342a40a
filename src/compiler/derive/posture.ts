import {
  CAPABILITIES,
  type CapabilityName,
  capabilityMask,
  RUNTIME_DEFAULT_CAPABILITIES,
} from '../model/capabilities.ts';
import type { CompileOptions } from '../model/options.ts';
import type { Container } from '../model/workload.ts';

/**
 * The position of a container on one hardening. `asked`: it asks for the hardening. `relaxed`: it gives the hardening
 * up explicitly. `silent`: it sets no field about it.
 */
export type Stance = 'asked' | 'relaxed' | 'silent';

type Unset = CompileOptions['unset'];

/**
 * The position of a container on a read-only root filesystem (`readOnlyRootFilesystem`).
 *
 * @param unset The option of that name, which decides what a field that is not set means.
 */
export function rootfsStance(container: Container, unset: Unset): Stance {
  return stance(container, container.security.readOnlyRootFilesystem, unset);
}

/**
 * The position of a container on never running as root. `runAsUser: 0` gives it up just as `runAsNonRoot: false` does.
 *
 * @param unset The option of that name, which decides what a field that is not set means.
 */
export function nonRootStance(container: Container, unset: Unset): Stance {
  const { runAsNonRoot, runAsUser } = container.security;
  return stance(container, runAsNonRoot ?? (runAsUser === 0 ? false : undefined), unset);
}

function stance({ isAdded }: Container, declared: boolean | undefined, unset: Unset): Stance {
  if (declared === undefined) return unset === 'restricted' && isAdded !== true ? 'asked' : 'silent';
  return declared ? 'asked' : 'relaxed';
}

/** Whether a hardening can be enforced on a group of containers, and which containers prevent it. */
export interface Hardening {
  readonly enforced: boolean;
  /** The containers that prevent it although another one asks for it; empty when no container asks. */
  readonly obstacles: readonly { readonly container: Container; readonly stance: Stance }[];
}

/**
 * Decides whether a hardening is enforced on a group of containers: one of them asks for it, and none prevents it.
 *
 * @param obstructs The positions of a container that prevent it.
 * @param stanceOf The position of each container.
 */
export function aggregate(
  containers: readonly Container[],
  obstructs: (container: Container) => readonly Stance[],
  stanceOf: (container: Container) => Stance,
): Hardening {
  const stances = containers.map((container) => ({ container, stance: stanceOf(container) }));
  if (!stances.some(({ stance }) => stance === 'asked')) return { enforced: false, obstacles: [] };
  const obstacles = stances.filter(({ container, stance }) => obstructs(container).includes(stance));
  return { enforced: obstacles.length === 0, obstacles };
}

/**
 * The default capabilities of the container runtime that a container keeps.
 *
 * @param drop The capabilities that it drops; `ALL` drops every one.
 *
 * @example
 * retainedCapabilities(['ALL']); // => []
 */
export function retainedCapabilities(drop: readonly CapabilityName[]): CapabilityName[] {
  return drop.includes('ALL') ? [] : RUNTIME_DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name));
}

/**
 * The union of the capabilities that a group of containers may hold, as a bit mask in the numbering of the kernel
 * (`capability.h`). It is undefined when a container is privileged or adds `ALL`, because it may then hold any.
 *
 * @param unset The option of that name: with `restricted`, a container without a `drop` list counts as dropping `ALL`.
 */
export function allowedCapabilities(containers: readonly Container[], unset: Unset): bigint | undefined {
  let allowed = 0n;
  for (const { security, isAdded } of containers) {
    if (security.privileged || security.capabilitiesAdd.includes('ALL')) return undefined;
    const drop: readonly CapabilityName[] =
      security.capabilitiesDrop ?? (unset === 'restricted' && isAdded !== true ? ['ALL'] : []);
    allowed |= capabilityMask([...retainedCapabilities(drop), ...security.capabilitiesAdd]);
  }
  return allowed;
}

/**
 * The capabilities among some that a group of containers may not hold. A name that the kernel does not know is never held.
 *
 * @param allowed What {@link allowedCapabilities} answers: undefined when the group may hold any.
 */
export function capabilitiesBeyond(names: readonly string[], allowed: bigint | undefined): string[] {
  if (allowed === undefined) return [];
  const held = new Set<string>(CAPABILITIES.filter((name) => (allowed & capabilityMask([name])) !== 0n));
  return names.filter((name) => !held.has(name));
}
