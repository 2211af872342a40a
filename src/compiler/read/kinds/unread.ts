import { LIMITS } from '../../model/limits.ts';
import { type Path, toPointer } from '../../model/pointer.ts';
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

/** What is read of an object, and so need not be looked for. Places are JSON pointers. */
interface ReadPlaces {
  /** What is read as what it is, though there may be more below it. */
  readonly known: ReadonlySet<string>;
  /** What is read or excused with all that is below it. */
  readonly whole: (path: Path, pointer: string) => boolean;
}

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
  const read = readPlaces(pods, excused);
  const found: Path[] = [];
  const search = (value: unknown, path: Path, above: string): void => {
    for (const [key, each] of entries(value)) {
      if (found.length >= LIMITS.faults) return;
      if (typeof each !== 'object' && typeof key === 'number') continue;
      const at = [...path, key];
      const pointer = `${above}${toPointer([key])}`;
      if (read.whole(at, pointer)) continue;
      if (!read.known.has(pointer) && isOfPod(key, each)) found.push(at);
      else search(each, at, pointer);
    }
  };
  search(object, [], '');
  return found;
}

function isOfPod(key: string | number, value: unknown): boolean {
  if (key === 'annotations') return Object.keys(isMapping(value) ? value : {}).some(isReadAnnotation);
  return tellsOfPods(key, value) || isSecurityContext(key, value);
}

function isSecurityContext(key: string | number, value: unknown): boolean {
  return key === 'securityContext' && SECURITY_KEYS.some((name) => member(value, name) != null);
}

function readPlaces(pods: readonly Assembled[], excused: readonly Excuse[]): ReadPlaces {
  // Annotations of the object itself that belong on its pods are refused elsewhere.
  const known = new Set(['/metadata/annotations']);
  const whole = new Set<string>();
  for (const { template, originOf, read, known: more = [] } of pods) {
    const spec = member(template, 'spec');
    const add = (places: Set<string>, ...path: Path): void => {
      places.add(toPointer(originOf(['spec', ...path])));
    };
    known.add(toPointer(originOf(['metadata', 'annotations'])));
    add(whole, 'securityContext');
    for (const name of HOST_SWITCHES) add(whole, name);
    for (const group of CONTAINER_GROUPS) {
      add(known, group);
      for (const [index, container] of entries(member(spec, group))) {
        add(known, group, index);
        if (isMapping(container)) add(whole, group, index, 'securityContext');
      }
    }
    for (const path of read) whole.add(toPointer(path));
    for (const path of more) {
      known.add(toPointer(path));
      whole.add(toPointer([...path, 'securityContext']));
    }
  }
  const patterns = excused.map(({ at }) => stepsOf(at));
  return {
    known,
    whole: (path, pointer) => whole.has(pointer) || patterns.some((steps) => fits(steps, path)),
  };
}

function fits(steps: readonly string[], path: Path): boolean {
  return (
    steps.length === path.length &&
    steps.every((step, depth) => {
      const each = path[depth];
      if (step === '[]') return typeof each === 'number';
      return step === '{}' ? typeof each === 'string' : step === each;
    })
  );
}
