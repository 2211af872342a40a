import type { Path } from '../../model/pointer.ts';
import { POD_FLAGS } from '../../model/workload.ts';
import { isMapping, member } from '../mapping.ts';
import type { LatticeKind } from './kinds.ts';
import { Origins } from './origins.ts';
import { groupsOf, type PodPlace, podPlaces } from './pod-places.ts';
import { respelt } from './security-spelling.ts';

/** Something that a document says twice, and differently. */
export interface Contradiction {
  readonly path: Path;
  readonly message: string;
}

/** A document in which everything has one spelling. */
export interface OneSpelling {
  readonly value: unknown;
  readonly contradictions: readonly Contradiction[];
  /** Where the value at a path of `value` stands in the document as it was given. */
  originOf(path: Path): Path;
}

/**
 * Writes a document in one of the two spellings that Lattice documents mix: security contexts under `securityContext` and
 * with Kubernetes' fields, and what a task has beside its workload in its `runtime`. So defaults of either spelling are
 * merged with tasks of the other.
 */
export function inOneSpelling(document: unknown, kind: LatticeKind): OneSpelling {
  const contradictions: Contradiction[] = [];
  const contexts = new Origins();
  const members = new Origins();
  const places = podPlaces(document, kind);
  const spelt = places
    .flatMap(groupsOf)
    .reduce(
      (read, group) =>
        changedAt(read, group, (value) => containersOf(value, group, contexts, contradictions)),
      document,
    );
  const value = places
    .filter((place) => kind === 'job' && place.at.length > 1)
    .reduce((read, place) => changedAt(read, place.at, (unit) => nested(unit, place, members)), spelt);
  return { value, contradictions, originOf: (path) => contexts.of(members.of(path)) };
}

/** A copy of the value in which the part at a path is changed; the value itself when there is no such part. */
function changedAt(value: unknown, [step, ...rest]: Path, change: (part: unknown) => unknown): unknown {
  if (step === undefined) return change(value);
  if (!isMapping(value) || !Object.hasOwn(value, step)) return value;
  const before = value[step];
  const after = changedAt(before, rest, change);
  return after === before ? value : { ...value, [step]: after };
}

/** A group of containers with their security contexts in one spelling. */
function containersOf(group: unknown, at: Path, origins: Origins, contradictions: Contradiction[]): unknown {
  const container = (value: unknown, step: string | number): unknown =>
    withContext(value, [...at, step], origins, contradictions);
  if (Array.isArray(group)) return group.map(container);
  if (!isMapping(group)) return group;
  return Object.fromEntries(Object.entries(group).map(([name, value]) => [name, container(value, name)]));
}

function withContext(
  container: unknown,
  at: Path,
  origins: Origins,
  contradictions: Contradiction[],
): unknown {
  if (!isMapping(container)) return container;
  const { security, ...rest } = container;
  if (security != null && container.securityContext != null) {
    contradictions.push({
      path: [...at, 'security'],
      message: 'Give either security or securityContext, not both.',
    });
    return container;
  }
  const key = security == null ? 'securityContext' : 'security';
  const context = container[key];
  if (context == null) return container;
  const { value, moved, contradictions: found } = respelt(context);
  if (key === 'security') origins.move([...at, 'securityContext'], [...at, key]);
  for (const [to, from] of moved) origins.move([...at, 'securityContext', ...to], [...at, key, ...from]);
  for (const [field, other] of found)
    contradictions.push({
      path: [...at, key, field],
      message: `This says otherwise than ${other}. Give one of them.`,
    });
  return { ...rest, securityContext: value };
}

/** A task, or the defaults of tasks, with its sidecars and switches in its runtime. What stands in both places stays. */
function nested(unit: unknown, { at, runtime }: PodPlace, origins: Origins): unknown {
  if (!isMapping(unit)) return unit;
  const inner = unit[runtime] ?? {};
  if (!isMapping(inner)) return unit;
  const moved = ['sidecars', 'sysctls', ...POD_FLAGS].filter(
    (key) => unit[key] != null && member(inner, key) == null,
  );
  if (moved.length === 0) return unit;
  if (unit[runtime] == null) origins.move([...at, runtime], at);
  for (const key of moved) origins.move([...at, runtime, key], [...at, key]);
  return {
    ...Object.fromEntries(Object.entries(unit).filter(([key]) => !moved.includes(key))),
    [runtime]: { ...inner, ...Object.fromEntries(moved.map((key) => [key, unit[key]])) },
  };
}
