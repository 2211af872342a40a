import { LIMITS } from '../../model/limits.ts';
import { type Path, toPointer } from '../../model/pointer.ts';
import { SECURITY_KEYS } from '../container-places.ts';
import { isContainers } from '../container-shape.ts';
import { entries, isMapping, member } from '../mapping.ts';
import { type LatticeKind, UNITS } from './kinds.ts';

// JSON pointers to the groups of containers that are read, for a whole document, a task and a role.
const WHOLE = '/spec/(workload/(containers|initContainers)|(runtime/)?sidecars)';
const TASK = '(workload/(containers|initContainers)|(runtime/)?sidecars)';
const ROLE = '((entry|worker)Workload/(containers|initContainers)|(entry|worker)Runtime/sidecars)';

const READ: Readonly<Record<LatticeKind, RegExp>> = {
  service: new RegExp(`^${WHOLE}$`),
  job: new RegExp(`^(${WHOLE}|/spec/tasks/[^/]+/${TASK})$`),
  model: new RegExp(`^(${WHOLE}|/spec/roles/[^/]+/${ROLE})$`),
};
/** Groups in defaults: they are read with the tasks and roles, so only where there are any. */
const DEFAULTS: Readonly<Partial<Record<LatticeKind, RegExp>>> = {
  job: new RegExp(`^/spec/defaults/${TASK}$`),
  model: new RegExp(`^/spec/defaults/${ROLE}$`),
};

/**
 * Where the spec of a Lattice document holds containers or a security context that nothing reads. At most as
 * many places are returned as an answer lists faults.
 */
export function unreadContainers(document: unknown, kind: LatticeKind): Path[] {
  const spec = member(document, 'spec');
  const units = UNITS[kind];
  const hasUnits = units !== undefined && entries(member(spec, units)).length > 0;
  const isRead = (path: Path): boolean => {
    const pointer = toPointer(path);
    return READ[kind].test(pointer) || (hasUnits && DEFAULTS[kind]?.test(pointer) === true);
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
