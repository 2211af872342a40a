import { entries, isMapping, member } from './mapping.ts';

const HOST_PORT = /^host[-_]?port$/i;
const HOST_PATH = /^host[-_]?path$/i;
const SYSCTLS = /^sysctls$/i;
const SHARED_PROCESSES = /^share[-_]?process[-_]?namespace$/i;

/**
 * Whether a member of an object of an unknown kind describes pods by what they have of their node: a port, a directory,
 * sysctls, or the processes of all their containers in one namespace. In kinds that we know these are overrides.
 *
 * @example
 * opensNode('volumes', [{ name: 'a', hostPath: { path: '/etc' } }]); // => true
 * opensNode('hostPort', 443); // => true
 * opensNode('spec', { hostPath: { path: '/etc' }, capacity: {} }); // => false
 */
export function opensNode(key: string | number, value: unknown): boolean {
  if (typeof key !== 'string') return false;
  if (typeof value === 'number') return value !== 0 && HOST_PORT.test(key);
  if (value === true || value === 'true') return SHARED_PROCESSES.test(key);
  if (!Array.isArray(value)) return false;
  return SYSCTLS.test(key) ? value.some(isNamed) : value.some((each) => isNamed(each) && mountsNode(each));
}

function isNamed(value: unknown): boolean {
  return typeof member(value, 'name') === 'string';
}

/** Whether a volume is a directory of the node. A PersistentVolume is one too, and stands in no list with a name. */
function mountsNode(value: unknown): boolean {
  return (
    isMapping(value) &&
    entries(value).some(
      ([key, each]) =>
        typeof key === 'string' && HOST_PATH.test(key) && typeof member(each, 'path') === 'string',
    )
  );
}
