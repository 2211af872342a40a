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
