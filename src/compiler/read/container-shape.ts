import { entries, isMapping, member } from './mapping.ts';

/** The keys that hold containers in pods, in Lattice services, and in what resembles them. */
const GROUPS = /^(containers|initContainers|ephemeralContainers|sidecars)$/;

/** Whether a member of a mapping holds containers, judged by its key and by its shape. */
export function isContainers(key: string | number, value: unknown): boolean {
  if (typeof key === 'string' && GROUPS.test(key))
    return entries(value).some(([, each]) => isContainer(each));
  return key === 'container' && hasImage(value);
}

function isContainer(value: unknown): boolean {
  return (
    hasImage(value) || typeof member(value, 'name') === 'string' || Array.isArray(member(value, 'command'))
  );
}

function hasImage(value: unknown): boolean {
  return typeof member(value, 'image') === 'string';
}

// Some operators read keys without regard to case.

/** Switches of a pod that reach into its node. Nothing but a pod has them. */
const HOST_SWITCHES = /^host(network|pid|ipc)$/i;
/** Argo Workflows has patches of pods under this key. */
const POD_PATCH = /^podSpecPatch$/i;
const SECURITY = /^(securityContext|security)$/i;
/** The keys of lists and mappings by which kinds that we do not know describe containers. */
const STEPS = /^(steps|script|container|containers|initContainers|ephemeralContainers|sidecars)$/i;

/**
 * Whether a member of an object of an unknown kind shows that the object makes pods: containers, a patch of pods,
 * a switch that reaches into the node, or a security context that asks for an override.
 */
export function tellsOfPods(key: string | number, value: unknown): boolean {
  if (typeof key !== 'string') return isImageWithContext(value);
  if (HOST_SWITCHES.test(key)) return value === true;
  if (POD_PATCH.test(key)) return typeof value === 'string' && value !== '';
  if (SECURITY.test(key)) return asksForSomething(value);
  if (STEPS.test(key))
    return isContainers(key, value) || hasImage(value) || entries(value).some(([, each]) => hasImage(each));
  return isImageWithContext(value);
}

function isImageWithContext(value: unknown): boolean {
  return hasImage(value) && isMapping(member(value, 'securityContext'));
}

/** Whether a security context asks for anything that is an override in the kinds that we know. */
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
