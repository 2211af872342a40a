import { fold } from '../model/words.ts';
import { isTemplated } from './manifest-text.ts';
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

// Operators are free in how they read an object, and some read keys without regard to case. So the keys of kinds that
// we do not know are compared without it, and may have hyphens and underscores.

/** The keys that hold containers: `containers`, `initContainers`, `extra_containers`, `sidecar` and so on. */
const CONTAINERS = /(container|side[-_]?car)s?$/i;
/** Other keys that hold containers where the values have images. */
const STEPS = /^(steps|step[-_]?template|script)$/i;
/** Switches of a pod that reach into its node. Nothing but a pod has them. */
const SWITCHES = /^host[-_]?(network|pid|ipc)$/i;
const SECURITY = /(security[-_]?context|^security)$/i;
/** Argo Workflows has patches of pods under this key. */
const POD_PATCH = /^pod[-_]?spec[-_]?patch$/i;
/** The fields that show a container where one is expected. */
const PARTS_OF_ONE = /^(image|command|args|env|env[-_]?from|volume[-_]?mounts|security[-_]?context)$/i;
/** The same where several are expected: a patch of a container has its name, and may have nothing else. */
const PARTS = /^(name|image|command|args|env|env[-_]?from|volume[-_]?mounts|security[-_]?context)$/i;
/** The fields that make a container of a mapping with an image, whatever its key. */
const BESIDE_IMAGE = /^(command|args|env|env[-_]?from|volume[-_]?mounts)$/i;
const IMAGE = /^image$/i;
const CONTEXT = /^security[-_]?context$/i;

/**
 * Whether a member of an object of an unknown kind shows that the object makes pods: containers, a patch of pods, a
 * switch that reaches into the node, or a security context that asks for an override.
 *
 * @example
 * tellsOfPods('initContainers', [{ name: 'a', image: 'a:1' }]); // => true
 * tellsOfPods('worker', { image: 'a:1', command: ['/bin/a'] }); // => true
 * tellsOfPods('image', 'a:1'); // => false
 */
export function tellsOfPods(key: string | number, value: unknown): boolean {
  const name = typeof key === 'string' ? key : '';
  if (typeof value === 'object') return value !== null && (tellsByKey(name, value) || isDescribed(value));
  if (SWITCHES.test(name)) return isOr(value, true);
  if (typeof value !== 'string' || value === '') return false;
  return POD_PATCH.test(name) || (CONTAINERS.test(name) && isTemplated(value));
}

/** What a key must hold to be any of those above that may have a list or a mapping. */
const TELLING = /container|car|step|script|security|patch/i;

function tellsByKey(key: string, value: object): boolean {
  if (!TELLING.test(key)) return false;
  if (CONTAINERS.test(key)) return holdsContainers(value, isPart) || hasPart(value, PARTS_OF_ONE);
  if (STEPS.test(key)) return hasImage(value) || holdsContainers(value, hasImage);
  if (SECURITY.test(key)) return asksForSomething(value);
  return POD_PATCH.test(key) && entries(value).length > 0;
}

/** Whether some of the items of a list, also of lists in it, or of the members of a mapping are containers. */
function holdsContainers(value: unknown, is: (value: unknown) => boolean): boolean {
  return entries(value).some(([, each]) =>
    Array.isArray(each) && Array.isArray(value) ? holdsContainers(each, is) : is(each),
  );
}

function isPart(value: unknown): boolean {
  return hasPart(value, PARTS);
}

function hasPart(value: unknown, parts: RegExp): boolean {
  return isMapping(value) && Object.entries(value).some(([key, each]) => parts.test(key) && isMeant(each));
}

/** Whether a value is more than an empty one; a container that has no field but empty ones does nothing. */
function isMeant(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : entries(value).length > 0;
}

/** Whether a value describes a container, by an image and how it is to run. */
function isDescribed(value: object): boolean {
  if (!isMapping(value)) return false;
  for (const key of Object.keys(value)) {
    // The length is compared first because this is done for every key of an object.
    if (key.length === 5 && IMAGE.test(key) && typeof value[key] === 'string') return isRun(value);
  }
  return false;
}

/** Whether a mapping with an image says how it is to run. */
function isRun(value: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(value).some(([key, each]) =>
    CONTEXT.test(key) ? isMapping(each) : BESIDE_IMAGE.test(key) && entries(each).length > 0,
  );
}

/** Whether a security context asks for anything that is an override in the kinds that we know. */
function asksForSomething(context: unknown): boolean {
  const folded = foldKeys(context);
  const { capabilities } = folded;
  const add = Array.isArray(capabilities) ? capabilities : member(foldKeys(capabilities), 'add');
  const profiles = ['seccompprofile', 'apparmorprofile'].map((name) =>
    member(foldKeys(folded[name]), 'type'),
  );
  return (
    ['privileged', 'allowprivilegeescalation'].some((name) => isOr(folded[name], true)) ||
    ['runasnonroot', 'readonlyrootfilesystem'].some((name) => isOr(folded[name], false)) ||
    ['runasuser', 'runasgroup', 'fsgroup'].some((name) => isOr(folded[name], 0)) ||
    entries(add).length > 0 ||
    entries(folded.supplementalgroups).some(([, group]) => isOr(group, 0)) ||
    profiles.some((type) => type === 'Unconfined' || type === 'Localhost') ||
    folded.procmount === 'Unmasked' ||
    isMapping(folded.selinuxoptions) ||
    isOr(foldKeys(folded.windowsoptions).hostprocess, true)
  );
}

/** Whether a value is the one given, the same as a text, or what a template is to fill in. */
function isOr(value: unknown, expected: boolean | number): boolean {
  if (typeof value !== 'string') return value === expected;
  return value.toLowerCase() === String(expected) || isTemplated(value);
}

function foldKeys(value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries(value).map(([key, each]) => [fold(String(key)), each]));
}
