import { overrideCategory, type SecurityOverride } from '../model/override.ts';
import type { Container, Workload } from '../model/workload.ts';
import { retainedCapabilities } from './posture.ts';

/**
 * The overrides that a Kubernetes workload asks for by leaving fields out, whose defaults the restricted level of the Pod
 * Security Standards refuses. A policy set has them asked by its setting `authorizeUnset`.
 */
export function unsetOverrides(workload: Workload): SecurityOverride[] {
  if (workload.dialect !== 'kubernetes') return [];
  // Windows has none of these fields but that of the user, and root of a user namespace of its own is no root of the node.
  const onLinux = workload.unenforced !== 'windows';
  const hasOwnUsers = workload.pod.some(({ name, value }) => name === 'hostUsers' && !value);
  return workload.containers.flatMap((container) => [
    ...(hasOwnUsers || container.security.runAsNonRoot !== undefined ? [] : implicit(container, 'runAsRoot')),
    ...(onLinux ? unsetOnLinux(container) : []),
  ]);
}

function unsetOnLinux(container: Container): SecurityOverride[] {
  const { allowPrivilegeEscalation, capabilitiesDrop, privileged, seccompProfile } = container.security;
  const ids: string[] = [];
  if (allowPrivilegeEscalation === undefined) ids.push('allowPrivilegeEscalation');
  // A privileged container asks for all capabilities at once.
  if (capabilitiesDrop === undefined && !privileged)
    ids.push(...retainedCapabilities([]).map((name) => `capability:${name}`));
  if (seccompProfile === undefined) ids.push('seccomp:Unconfined');
  return ids.flatMap((id) => implicit(container, id));
}

function implicit({ name, image, securityPath }: Container, id: string): SecurityOverride[] {
  const category = overrideCategory(id);
  if (category === undefined) throw new RangeError(`There is no override ${id}.`);
  return [{ id, category, container: name, image, implicit: true, path: securityPath }];
}
