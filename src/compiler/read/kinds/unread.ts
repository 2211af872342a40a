import { LIMITS } from '../../model/limits.ts';
import type { Path } from '../../model/pointer.ts';
import { SECURITY_KEYS } from '../container-places.ts';
import { tellsOfPods } from '../container-shape.ts';
import { isReadAnnotation } from '../kubernetes/annotations.ts';
import { CONTAINER_GROUPS } from '../kubernetes/pod-spec.ts';
import { entries, isMapping, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import type { Assembled, Excuse } from './kind-row.ts';
import { stepsOf } from './matches.ts';

/** The switches of a pod that show that something is a pod. */
const HOST_SWITCHES = ['hostNetwork', 'hostPID', 'hostIPC'];

/** A place of an object that is read, or that leads to such places. */
interface ReadPlace {
  /** Whether it is read as what it is, though there may be more below it. */
  isKnown: boolean;
  /** Whether it is read with all that is below it. */
  isWhole: boolean;
  /** What is below it, by the key or the index. */
  readonly below: Map<string, ReadPlace>;
}

/** The steps of a path of a row. */
type Steps = readonly string[];

/**
 * Reports what an object of a known kind holds of a pod that nothing reads: containers, a security context, an
 * annotation that asks for something, or a switch that reaches into the node.
 *
 * @param pods The pods that are read, with the paths of what they were made of.
 * @param described Where the pods of the kind are described, for the message.
 */
export function refuseUnread(
  report: Report,
  object: unknown,
  { pods, excused, kind, described }: ReadObject,
): void {
  for (const path of unreadPods(object, pods, excused)) {
    // What is misspelt or misplaced has a fault that says so.
    if (report.hasFaultAround(path)) continue;
    report.fault(
      path,
      `This looks like a part of a pod, and nothing reads it: the pods of a ${kind} are described in ${described}.`,
    );
  }
}

/** What is read of an object. */
interface ReadObject {
  readonly kind: string;
  readonly pods: readonly Assembled[];
  readonly excused: readonly Excuse[];
  readonly described: string;
}

/** At most as many places are returned as an answer lists faults. */
function unreadPods(object: unknown, pods: readonly Assembled[], excused: readonly Excuse[]): Path[] {
  const found: Path[] = [];
  const path: (string | number)[] = [];
  const search = (value: unknown, place: ReadPlace | undefined, patterns: readonly Steps[]): void => {
    for (const [key, each] of entries(value)) {
      if (found.length >= LIMITS.faults) return;
      if (typeof each !== 'object' && typeof key === 'number') continue;
      const at = place?.below.get(String(key));
      const left = after(key, patterns);
      if (at?.isWhole === true || left.some(({ length }) => length === 0)) continue;
      path.push(key);
      if (at?.isKnown !== true && isOfPod(key, each)) found.push([...path]);
      else search(each, at, left);
      path.pop();
    }
  };
  search(
    object,
    readPlaces(pods),
    excused.map(({ at }) => stepsOf(at)),
  );
  return found;
}

/** The further steps of those paths whose first step leads to a key or an index. */
function after(key: string | number, patterns: readonly Steps[]): readonly Steps[] {
  return patterns.length === 0
    ? patterns
    : patterns.filter(([step]) => step !== undefined && leadsTo(key, step)).map((steps) => steps.slice(1));
}

function leadsTo(key: string | number, step: string): boolean {
  if (step === '[]') return typeof key === 'number';
  return step === '{}' ? typeof key === 'string' : step === key;
}

function isOfPod(key: string | number, value: unknown): boolean {
  if (key === 'annotations') return Object.keys(isMapping(value) ? value : {}).some(isReadAnnotation);
  return tellsOfPods(key, value) || isSecurityContext(key, value);
}

function isSecurityContext(key: string | number, value: unknown): boolean {
  return key === 'securityContext' && SECURITY_KEYS.some((name) => member(value, name) != null);
}

/** The root of what is read of an object. */
function readPlaces(pods: readonly Assembled[]): ReadPlace {
  const root = newPlace();
  // Annotations of the object itself that belong on its pods are refused elsewhere.
  placeAt(root, ['metadata', 'annotations']).isKnown = true;
  for (const { template, originOf, read, known = [] } of pods) {
    const spec = member(template, 'spec');
    const placeOf = (...path: Path): ReadPlace => placeAt(root, originOf(['spec', ...path]));
    placeAt(root, originOf(['metadata', 'annotations'])).isKnown = true;
    placeOf('securityContext').isWhole = true;
    for (const name of HOST_SWITCHES) placeOf(name).isWhole = true;
    for (const group of CONTAINER_GROUPS) {
      placeOf(group).isKnown = true;
      for (const [index, container] of entries(member(spec, group))) {
        placeOf(group, index).isKnown = true;
        if (isMapping(container)) placeOf(group, index, 'securityContext').isWhole = true;
      }
    }
    for (const path of read) placeAt(root, path).isWhole = true;
    for (const path of known) {
      placeAt(root, path).isKnown = true;
      placeAt(root, [...path, 'securityContext']).isWhole = true;
    }
  }
  return root;
}

function newPlace(): ReadPlace {
  return { isKnown: false, isWhole: false, below: new Map() };
}

/** The place that a path leads to, which is made if it is not there. */
function placeAt(root: ReadPlace, path: Path): ReadPlace {
  let place = root;
  for (const step of path) {
    const key = String(step);
    const next = place.below.get(key) ?? newPlace();
    place.below.set(key, next);
    place = next;
  }
  return place;
}
