import { fold } from '../../model/words.ts';
import { SECURITY_KEYS } from '../container-places.ts';
import { entries, isMapping } from '../mapping.ts';
import { FLAT_FIELDS } from './security-spelling.ts';

// A place that nothing reads is judged by its shape, whatever the case and the signs of its keys: another version of the
// operator may read what this one does not.

/** No key that matters is as long. */
const LONGEST = 64;

/** Keys, without case and signs, of lists and mappings of containers. */
const GROUPS = folded(['containers', 'initContainers', 'ephemeralContainers', 'sidecars', 'steps']);
/** Keys of one container. */
const SINGLE = folded(['container', 'initContainer', 'ephemeralContainer', 'sidecar', 'script']);
/** Keys of security contexts. */
const CONTEXTS = folded(['security', 'securityContext', 'podSecurityContext', 'containerSecurityContext']);
/** Fields that only a container has. */
const CONTAINER_FIELDS = folded([
  'image',
  'command',
  'args',
  'env',
  'envFrom',
  'variables',
  'securityContext',
  'security',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'volumeMounts',
  'workingDir',
]);
/** Fields that say how a container runs, which tell it from other things that have an image. */
const STARTING = folded(['command', 'args', 'security', 'securityContext', 'lifecycle']);
/** Fields that only a security context has. */
const SECURITY = folded([
  ...SECURITY_KEYS.filter((key) => key !== 'capabilities'),
  ...FLAT_FIELDS,
  'allowedBinaries',
  'procMount',
  'seLinuxOptions',
  'windowsOptions',
  'fsGroup',
  'supplementalGroups',
]);
/** A field of a security context that other things may have too. */
const CAPABILITIES = folded(['capabilities']);
/** Switches of a pod that are overrides. */
const SWITCHES = folded([
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'shareProcessNamespace',
  'automountServiceAccountToken',
]);

/** Whether a member of a mapping is a switch of a pod that asks for something, or its sysctls. */
export function isSwitch(key: string | number, value: unknown): boolean {
  return (
    (value === true && SWITCHES.has(letters(key))) ||
    (letters(key) === 'sysctls' && entries(value).length > 0)
  );
}

/**
 * Whether a member of a mapping or an item of a list describes something of a pod: containers, a security context, or a
 * patch of a pod.
 *
 * @example
 * isOfPod('Containers', { app: { command: ['/bin/app'] } }); // => true
 * isOfPod('extra', { privileged: true }); // => true
 * isOfPod('storage', { image: 'disk.img' }); // => false
 */
export function isOfPod(key: string | number, value: unknown): boolean {
  const name = letters(key);
  if (name === 'podspecpatch') return typeof value === 'string' && value !== '';
  if (GROUPS.has(name)) return entries(value).some(([step, each]) => isContainer(each, step));
  if (SINGLE.has(name) && isContainer(value, key)) return true;
  if (!isMapping(value)) return false;
  if (has(value, SECURITY) || (CONTEXTS.has(name) && has(value, CAPABILITIES))) return true;
  return typeof value.image === 'string' && has(value, STARTING);
}

function isContainer(value: unknown, step: string | number): boolean {
  if (Array.isArray(value)) return value.some((each, index) => isContainer(each, index));
  if (!isMapping(value)) return false;
  // In a list, only containers have nothing but a name.
  return has(value, CONTAINER_FIELDS) || (typeof step === 'number' && typeof value.name === 'string');
}

function has(value: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): boolean {
  return Object.keys(value).some((key) => names.has(letters(key)));
}

function folded(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map(letters));
}

/** The letters of a key, without case, signs and digits. */
function letters(key: string | number): string {
  return fold(String(key).slice(0, LONGEST)).replace(/[0-9]/g, '');
}
