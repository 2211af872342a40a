import type { Path } from '../../../model/pointer.ts';
import { entries, isMapping, member } from '../../mapping.ts';
import type { Assembled, Problem } from '../kind-row.ts';
import { constantPiece, isSaid, itemsOf, listOf, mappingOf, type Piece, within } from './pieces.ts';

/** The parts of a pod. What is undefined, or says nothing, is left out. */
export interface PodParts {
  /** Where the pod is described, from the root of the object. */
  readonly at: Path;
  readonly labels?: readonly (Piece | undefined)[];
  /** Labels that the controller sets. */
  readonly controllerLabels?: Readonly<Record<string, string>>;
  readonly annotations?: readonly (Piece | undefined)[];
  /** Fields of the pod's spec other than those below. */
  readonly fields?: Readonly<Record<string, Piece | undefined>>;
  /** Lists of volumes, which all belong to the pod. */
  readonly volumes?: readonly (Piece | undefined)[];
  readonly containers: readonly Piece[];
  readonly initContainers?: readonly Piece[];
}

/** What is known of pods besides their parts. */
export type PodFacts = Pick<
  Assembled,
  'suffix' | 'read' | 'known' | 'unjudged' | 'unenforced' | 'problems' | 'metadata'
>;

/**
 * What is wrong with labels that take the place of those that the controller sets: no policy would select the pods, or
 * one of another object would.
 *
 * @param labels Mappings whose members the controller writes over its own.
 *
 * @example
 * const labels = { value: { app: 'other' }, path: ['labels'] };
 * replacedLabels({ app: 'web' }, [labels]).map(({ path }) => path); // => [['labels', 'app']]
 */
export function replacedLabels(
  own: Readonly<Record<string, string>>,
  labels: readonly (Piece | undefined)[],
): Problem[] {
  return Object.entries(own).flatMap(([key, value]) =>
    labels.flatMap((mapping) => {
      const written = mapping && within(mapping, key);
      if (written === undefined || written.value == null || written.value === value) return [];
      const message = `The controller labels these pods ${key}=${value}, and this would take its place, so that nothing tells whose pods they are. Leave it out.`;
      return [{ path: written.path, message }];
    }),
  );
}

/** Puts a pod template together. */
export function podOf(parts: PodParts, facts: PodFacts): Assembled {
  const { at, containers, initContainers = [], volumes = [] } = parts;
  const labels = {
    ...textsOf(parts.labels ?? []),
    ...Object.fromEntries(
      Object.entries(parts.controllerLabels ?? {}).map(([key, value]) => [key, constantPiece(value, at)]),
    ),
  };
  const annotations = textsOf(parts.annotations ?? []);
  const allVolumes = volumes.flatMap((list) => (list === undefined ? [] : itemsOf(list)));
  const fields = Object.entries(parts.fields ?? {}).filter(
    ([, piece]) => piece !== undefined && isSaid(piece),
  );
  const root = mappingOf(at, {
    metadata: mappingOf(at, {
      labels: mappingOf(at, labels),
      annotations: mappingOf(at, annotations),
    }),
    spec: mappingOf(at, {
      ...Object.fromEntries(fields),
      ...(allVolumes.length === 0 ? {} : { volumes: listOf(at, allVolumes) }),
      ...(initContainers.length === 0 ? {} : { initContainers: listOf(at, initContainers) }),
      containers: listOf(at, containers),
    }),
  });
  const annotated = (parts.annotations ?? []).flatMap((mapping) =>
    mapping === undefined ? [] : [mapping.path],
  );
  return {
    at,
    template: root.value,
    originOf: (path) => within(root, ...path).path,
    ...facts,
    known: [...(facts.known ?? []), ...annotated],
  };
}

/** Stands for pods that cannot be put together, and says why. */
export function problemPod({ path }: Piece, problem: Problem): Assembled {
  return podOf({ at: path, containers: [] }, { metadata: undefined, read: [path], problems: [problem] });
}

/** The members of some mappings of texts; a later one replaces an earlier one. */
function textsOf(mappings: readonly (Piece | undefined)[]): Record<string, Piece> {
  return Object.fromEntries(
    mappings.flatMap((mapping) =>
      mapping !== undefined && isMapping(mapping.value)
        ? Object.keys(mapping.value).map((key) => [key, within(mapping, key)] as const)
        : [],
    ),
  );
}

/** The labels that are known before the pods are made: those without a variable in the key or the value. */
export function knownLabels(mapping: Piece): Piece {
  if (!isMapping(mapping.value)) return mapping;
  const known = Object.keys(mapping.value).filter((key) => {
    const value = member(mapping.value, key);
    return !(typeof value === 'string' && value.includes('{{')) && !key.includes('{{');
  });
  return mappingOf(mapping.path, Object.fromEntries(known.map((key) => [key, within(mapping, key)])));
}

/** The longest value of a label. */
const LABEL_VALUE = 63;

/** A label with the name of an object, as far as that is known and can be a label. */
export function nameLabel(key: string, name: unknown): Record<string, string> {
  return typeof name === 'string' && name.length <= LABEL_VALUE && name !== '' ? { [key]: name } : {};
}

/** The places within a value of texts that a test finds, each as a path within it. */
export function textsWithin(value: unknown, test: (text: string) => boolean): Path[] {
  return entries(value).flatMap(([key, each]) =>
    typeof each === 'string'
      ? test(each)
        ? [[key]]
        : []
      : textsWithin(each, test).map((path) => [key, ...path]),
  );
}
