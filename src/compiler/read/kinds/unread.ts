import { LIMITS } from '../../model/limits.ts';
import { type Path, toPointer } from '../../model/pointer.ts';
import { SECURITY_KEYS } from '../container-places.ts';
import { tellsOfPods } from '../container-shape.ts';
import { CONTAINER_GROUPS } from '../kubernetes/pod-spec.ts';
import { entries, isMapping, member } from '../mapping.ts';
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
 * Where an object of a known kind holds something of a pod that nothing reads: containers, a security context, or a
 * switch that reaches into the node. At most as many places are returned as an answer lists faults.
 *
 * @param pods The pods that are read, with the paths of what they were made of.
 */
export function unreadPods(
  object: unknown,
  pods: readonly Assembled[],
  excused: readonly Excuse[] = [],
): Path[] {
  const read = readPlaces(pods, excused);
  const found: Path[] = [];
  const search = (value: unknown, path: Path, above: string): void => {
    for (const [key, each] of entries(value)) {
      if (found.length >= LIMITS.faults) return;
      if (typeof each !== 'object' && typeof key === 'number') continue;
      const at = [...path, key];
      const pointer = `${above}${toPointer([key])}`;
      if (read.whole(at, pointer)) continue;
      if (!read.known.has(pointer) && (tellsOfPods(key, each) || isSecurityContext(key, each)))
        found.push(at);
      else search(each, at, pointer);
    }
  };
  search(object, [], '');
  return found;
}

function isSecurityContext(key: string | number, value: unknown): boolean {
  return key === 'securityContext' && SECURITY_KEYS.some((name) => member(value, name) != null);
}

function readPlaces(pods: readonly Assembled[], excused: readonly Excuse[]): ReadPlaces {
  const known = new Set<string>();
  const whole = new Set<string>();
  for (const { template, originOf, read } of pods) {
    const spec = member(template, 'spec');
    const add = (places: Set<string>, ...path: Path): void => {
      places.add(toPointer(originOf(['spec', ...path])));
    };
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
