import { entries, isMapping, member } from './fields.ts';

/** The fields that hold containers in pods, Lattice services, and what resembles them. */
const GROUPS = /^(containers|initContainers|ephemeralContainers|sidecars)$/;

/** Whether a member of a mapping holds containers, by its key and by its shape. */
export function isContainers(key: string | number, value: unknown): boolean {
  if (typeof key === 'string' && GROUPS.test(key))
    return entries(value).some(([, each]) => isContainer(each));
  if (key === 'container' && isMapping(value) && typeof value.image === 'string') return true;
  // Whatever holds it: nobody writes it but of a container.
  return (key === 'securityContext' || key === 'security') && member(value, 'privileged') === true;
}

function isContainer(value: unknown): boolean {
  return (
    isMapping(value) &&
    (typeof value.image === 'string' || typeof value.name === 'string' || Array.isArray(value.command))
  );
}

/** Switches of a pod that reach into its node; nobody writes them but of a pod. */
const HOST_SWITCHES = /^host(network|pid|ipc)$/i;

/** Lists and mappings by which kinds of others describe containers. */
const STEPS = /^(steps|script|container|containers|initContainers|ephemeralContainers|sidecars)$/i;

/**
 * Whether a member of an object of an unknown kind tells that it makes pods: containers, a patch of pods, a
 * switch that reaches into the node, or a security context that asks for something. Some operators read keys
 * without case.
 */
export function tellsOfPods(key: string | number, value: unknown): boolean {
  if (isContainers(key, value)) return true;
  if (typeof key !== 'string') return isMapping(value) && isImageWithContext(value);
  if (HOST_SWITCHES.test(key)) return value === true;
  if (/^podSpecPatch$/i.test(key)) return typeof value === 'string' && value !== '';
  if (/^(securityContext|security)$/i.test(key)) return asksForSomething(value);
  if (STEPS.test(key))
    return [value, ...entries(value).map(([, each]) => each)].some(
      (each) => isMapping(each) && typeof each.image === 'string',
    );
  return isMapping(value) && isImageWithContext(value);
}

function isImageWithContext(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value.image === 'string' && isMapping(value.securityContext);
}

/** Whether a security context relaxes anything that is an override of a kind that we know. */
function asksForSomething(context: unknown): boolean {
  const add = member(member(context, 'capabilities'), 'add');
  const profiles = ['seccompProfile', 'appArmorProfile'].map((name) => member(member(context, name), 'type'));
  return (
    ['privileged', 'allowPrivilegeEscalation'].some((name) => member(context, name) === true) ||
    ['runAsNonRoot', 'readOnlyRootFilesystem'].some((name) => member(context, name) === false) ||
    ['runAsUser', 'runAsGroup', 'fsGroup'].some((name) => member(context, name) === 0) ||
    entries(add).length > 0 ||
    entries(member(context, 'supplementalGroups')).some(([, group]) => group === 0) ||
    profiles.some((type) => type === 'Unconfined' || type === 'Localhost') ||
    member(context, 'procMount') === 'Unmasked' ||
    isMapping(member(context, 'seLinuxOptions')) ||
    member(member(context, 'windowsOptions'), 'hostProcess') === true
  );
}
