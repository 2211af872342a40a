import { LIMITS } from '../../model/limits.ts';
import { type Path, toPointer } from '../../model/pointer.ts';
import { entries, member } from '../mapping.ts';
import { type LatticeKind, UNITS } from './kinds.ts';
import { groupsOf, type PodPlace, podPlaces, wholePlace } from './pod-places.ts';
import { isOfPod, isSwitch } from './pod-shape.ts';

/**
 * Where a Lattice document holds containers, a security context or a switch of a pod that nothing reads. At most as many
 * places are returned as an answer lists faults.
 *
 * @param document The document as it was given.
 */
export function unreadContainers(document: unknown, kind: LatticeKind): Path[] {
  const { groups, holders } = readPlaces(document, kind);
  const found: Path[] = [];
  const search = (value: unknown, path: Path, pointer: string): void => {
    for (const [key, each] of entries(value)) {
      if (found.length >= LIMITS.faults) return;
      if (path.length === 0 && UNREAD_BY_ANYONE.includes(key)) continue;
      const at = [...path, key];
      const place = `${pointer}${toPointer([key])}`;
      if (groups.has(place)) searchContainers(each, at, place);
      else if (isOfPod(key, each) || (isSwitch(key, each) && !holders.has(pointer))) found.push(at);
      else search(each, at, place);
    }
  };
  /** In containers that are read, the security context is too, and what is beside it is not. */
  const searchContainers = (group: unknown, path: Path, pointer: string): void => {
    for (const [name, container] of entries(group)) {
      for (const [key, each] of entries(container)) {
        if (found.length >= LIMITS.faults) return;
        const at = [...path, name, key];
        if (READ_OF_CONTAINER.includes(key)) continue;
        if (isOfPod(key, each)) found.push(at);
        else search(each, at, `${pointer}${toPointer([name, key])}`);
      }
    }
  };
  search(document, [], '');
  return found;
}

/** Members of an object that no operator makes pods of. */
const UNREAD_BY_ANYONE: readonly unknown[] = ['apiVersion', 'kind', 'metadata', 'status'];
/** Members of a container that are read, and those whose names are free. */
const READ_OF_CONTAINER: readonly unknown[] = ['security', 'securityContext', 'variables', 'files', 'env'];

/** What is read of a document, as JSON pointers: groups of containers, and mappings that hold switches of pods. */
interface ReadPlaces {
  readonly groups: ReadonlySet<string>;
  readonly holders: ReadonlySet<string>;
}

function readPlaces(document: unknown, kind: LatticeKind): ReadPlaces {
  const spec = member(document, 'spec');
  const units = UNITS[kind];
  const names = units === undefined ? [] : entries(member(spec, units)).map(([name]) => name);
  const defaults = member(spec, 'defaults');
  /** Whether one of these tasks or roles has, by itself or by the defaults, the workload that a place describes. */
  const hasWorkload = (among: readonly unknown[], { workload }: PodPlace): boolean =>
    among.some((unit) => (member(unit, workload) ?? member(defaults, workload)) != null);
  const unitsOf = ({ at }: PodPlace): readonly unknown[] => {
    const [, , name] = at;
    if (at[1] === 'defaults') return names.map((each) => memberAt(spec, units, each));
    return [memberAt(spec, units, name)];
  };
  const read = podPlaces(document, kind).filter((place) =>
    place.at.length === wholePlace().at.length
      ? member(spec, place.workload) != null
      : names.length > 0 && hasWorkload(unitsOf(place), place),
  );
  return {
    groups: new Set(read.flatMap(groupsOf).map(toPointer)),
    // Tasks and roles take the switches of the spec too.
    holders: new Set(
      [
        ['spec'],
        ...read.flatMap(({ at, workload, runtime }) => [at, [...at, workload], [...at, runtime]]),
      ].map(toPointer),
    ),
  };
}

function memberAt(spec: unknown, units: string | undefined, name: unknown): unknown {
  return units === undefined ? undefined : member(member(spec, units), String(name));
}
