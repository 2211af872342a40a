import { LIMITS } from '../model/limits.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import type { WorkloadKind } from '../model/workload.ts';
import { isContainers } from './container-shape.ts';
import { entries, isMapping, member, SECURITY_KEYS } from './fields.ts';

/** Where containers are read, as JSON pointers to their groups. */
const WHOLE = '/spec/(workload/(containers|initContainers)|runtime/sidecars)';
const TASK = '(workload/(containers|initContainers)|(runtime/)?sidecars)';
const ROLE = '((entry|worker)Workload/(containers|initContainers)|(entry|worker)Runtime/sidecars)';

const READ: Readonly<Partial<Record<WorkloadKind, RegExp>>> = {
  service: new RegExp(`^${WHOLE}$`),
  job: new RegExp(`^(${WHOLE}|/spec/tasks/[^/]+/${TASK})$`),
  model: new RegExp(`^(${WHOLE}|/spec/roles/[^/]+/${ROLE})$`),
};
/** Defaults are read for the tasks and roles that there are. */
const DEFAULTS: Readonly<Partial<Record<WorkloadKind, RegExp>>> = {
  job: new RegExp(`^/spec/defaults/${TASK}$`),
  model: new RegExp(`^/spec/defaults/${ROLE}$`),
};

/** Places in the spec of a Lattice document that hold containers or a security context, and that nothing reads. */
export function unreadContainers(document: unknown, kind: WorkloadKind): Path[] {
  const spec = member(document, 'spec');
  const units = entries(member(spec, kind === 'job' ? 'tasks' : 'roles'));
  const isRead = (path: Path): boolean => {
    const pointer = toPointer(path);
    return READ[kind]?.test(pointer) === true || (units.length > 0 && DEFAULTS[kind]?.test(pointer) === true);
  };
  const found: Path[] = [];
  const search = (value: unknown, path: Path): void => {
    for (const [key, each] of entries(value)) {
      if (found.length >= LIMITS.faults) return;
      const at = [...path, key];
      if (isContainers(key, each) && !isRead(at) && !isSecurityKey(key)) found.push(at);
      else if (isSecurityKey(key) && holdsSecurity(each) && !isRead(path.slice(0, -1))) found.push(at);
      else search(each, at);
    }
  };
  search(spec, ['spec']);
  return found;
}

function isSecurityKey(key: string | number): boolean {
  return key === 'security' || key === 'securityContext';
}

function holdsSecurity(value: unknown): boolean {
  return isMapping(value) && SECURITY_KEYS.some((key) => Object.hasOwn(value, key));
}
