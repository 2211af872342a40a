import type { Path } from '../../compiler/model/pointer.ts';
import type { Container, Workload } from '../../compiler/model/workload.ts';
import { ALLOWED_BINARIES, annotatedList } from '../../compiler/read/kubernetes/annotations.ts';
import { isMapping, member } from '../../compiler/read/mapping.ts';
import { type Change, changeAt, joined, REMOVED, written } from './change.ts';
import { valueIn } from './planned-change.ts';
import { type AllowlistProposal, inOldOrder, sameBinaries } from './proposal.ts';

/** Writes a list of binaries as the value of an annotation, whose path in a document is given. */
export type ListWriter = (binaries: readonly string[], document: number, path: Path) => string;

/** The new lists of annotations by their keys; undefined for one that is removed. */
export type NewAnnotations = Map<string, readonly string[] | undefined>;

/**
 * The annotations of a Kubernetes workload that are to change, so that some containers get their new lists, and all others
 * keep what they have.
 *
 * An annotation for all containers stays where everything on it may run in each container that gets a new list. Where it
 * holds more, such as `*`, it is divided: it is removed, and each container that it was for gets one of its own.
 *
 * @param document The document that holds the workload.
 * @param proposals What is proposed for containers of this workload, one proposal for each.
 */
export function newAnnotations(
  workload: Workload,
  document: unknown,
  proposals: readonly AllowlistProposal[],
): NewAnnotations {
  const present = valueIn(document, annotationsOf(workload));
  const general = listOf(present, ALLOWED_BINARIES) ?? [];
  const mayStay = proposals.every(({ allowedBinaries }) => {
    const allowed = new Set(allowedBinaries);
    return general.every((binary) => allowed.has(binary));
  });
  return mayStay ? added(general, present, proposals) : divided(general, workload, present, proposals);
}

/** The change of a document that writes the annotations of a workload; undefined when there are none to change. */
export function annotationChange(
  workload: Workload,
  document: unknown,
  annotations: NewAnnotations,
  write: ListWriter,
): Change | undefined {
  const ownerAnnotations = [...workload.source.path, 'metadata', 'annotations'];
  const owner = valueIn(document, ownerAnnotations);
  let change: Change | undefined;
  for (const [key, binaries] of annotations) {
    const path = [...annotationsOf(workload), key];
    const each = binaries === undefined ? REMOVED : written(write(binaries, workload.source.document, path));
    change = joined(change, changeAt(path, each));
    // A copy on the workload itself must stay equal, or it would be refused as one that has no effect.
    if (isMapping(owner) && Object.hasOwn(owner, key))
      change = joined(change, changeAt([...ownerAnnotations, key], each));
  }
  return change;
}

/** The path of the annotations of a workload's pods. */
function annotationsOf({ podMetadata, source }: Workload): Path {
  return [...(podMetadata ?? [...source.path, 'metadata']), 'annotations'];
}

/** The annotation for all containers stays, and those of containers hold what is not on it. */
function added(
  general: readonly string[],
  present: unknown,
  proposals: readonly AllowlistProposal[],
): NewAnnotations {
  const changed: NewAnnotations = new Map();
  const onGeneral = new Set(general);
  for (const { container, allowedBinaries } of proposals) {
    const key = ownKey(container);
    const own = listOf(present, key) ?? [];
    if (sameBinaries([...general, ...own], allowedBinaries)) continue;
    const rest = allowedBinaries.filter((binary) => !onGeneral.has(binary));
    changed.set(key, rest.length === 0 ? undefined : inOldOrder(own, rest));
  }
  return changed;
}

/** The annotation for all containers is removed, and each container has an annotation with the whole of its list. */
function divided(
  general: readonly string[],
  { containers }: Workload,
  present: unknown,
  proposals: readonly AllowlistProposal[],
): NewAnnotations {
  const changed: NewAnnotations = new Map([[ALLOWED_BINARIES, undefined]]);
  const proposed = new Map(
    proposals.map(({ container, allowedBinaries }) => [container.name, allowedBinaries]),
  );
  for (const container of containers) {
    const key = ownKey(container);
    const own = listOf(present, key);
    const whole = proposed.get(container.name) ?? [...general, ...(own ?? [])];
    if (!sameBinaries(own, whole)) changed.set(key, inOldOrder(own ?? general, whole));
  }
  return changed;
}

function ownKey({ name }: Container): string {
  return `${ALLOWED_BINARIES}.${name}`;
}

/** The list in an annotation; undefined when there is no such annotation. The API server reads null as an empty text. */
function listOf(annotations: unknown, key: string): readonly string[] | undefined {
  const text = member(annotations, key);
  if (text === undefined) return undefined;
  return typeof text === 'string' ? (annotatedList(text) ?? []) : [];
}
