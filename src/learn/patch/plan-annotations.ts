import type { Path } from '../../compiler/model/pointer.ts';
import type { Workload } from '../../compiler/model/workload.ts';
import { ALLOWED_BINARIES, annotatedList } from '../../compiler/read/kubernetes/annotations.ts';
import { isMapping, member } from '../../compiler/read/mapping.ts';
import { type Change, changeAt, joined, REMOVED, written } from './change.ts';
import { valueIn } from './planned-change.ts';
import { type AllowlistProposal, inOldOrder, sameBinaries } from './proposal.ts';

/** Writes a list of binaries as the value of an annotation. */
export type ListWriter = (binaries: readonly string[]) => string;

/** The new values of annotations by their keys; undefined for one that is removed. */
type NewAnnotations = Map<string, readonly string[] | undefined>;

/**
 * The change that gives some containers of a Kubernetes workload their new lists, and all others what they had.
 *
 * An annotation for all containers stays where everything on it may run in each container that gets a new list. Where it
 * holds more, such as `*`, it is divided: it is removed, and each container that it was for gets one of its own.
 *
 * @param document The document that holds the workload.
 * @param proposals What is proposed for containers of this workload, one proposal for each.
 * @returns Undefined when there is nothing to change.
 */
export function annotationChange(
  workload: Workload,
  document: unknown,
  proposals: readonly AllowlistProposal[],
  write: ListWriter,
): Change | undefined {
  const metadata = templateMetadata(workload);
  const annotations = [...metadata, 'annotations'];
  const present = valueIn(document, annotations);
  const ownerAnnotations = [...workload.source.path, 'metadata', 'annotations'];
  const owner = valueIn(document, ownerAnnotations);
  let change: Change | undefined;
  for (const [key, binaries] of newAnnotations(workload, present, proposals)) {
    const each = binaries === undefined ? REMOVED : written(write(binaries));
    change = joined(change, changeAt([...annotations, key], each));
    // A copy on the workload itself must stay equal, or it would be refused as one that has no effect.
    if (isMapping(owner) && Object.hasOwn(owner, key))
      change = joined(change, changeAt([...ownerAnnotations, key], each));
  }
  return change;
}

/** The path of the metadata of a workload's pods. Containers stand in `spec/<group>/<index>` of the pod. */
function templateMetadata({ containers, source }: Workload): Path {
  const [first] = containers;
  const template = first === undefined ? source.path : first.path.slice(0, -3);
  return [...template, 'metadata'];
}

function newAnnotations(
  { containers }: Workload,
  present: unknown,
  proposals: readonly AllowlistProposal[],
): NewAnnotations {
  const changed: NewAnnotations = new Map();
  const general = listOf(present, ALLOWED_BINARIES);
  const wanted = new Map(
    proposals.map(({ container, allowedBinaries }) => [container.name, allowedBinaries]),
  );
  const isShared = [...wanted.values()].every(
    (list) => general?.every((binary) => list.includes(binary)) !== false,
  );
  if (!isShared) changed.set(ALLOWED_BINARIES, undefined);
  const shared = isShared ? (general ?? []) : [];
  for (const { name } of containers) {
    const key = `${ALLOWED_BINARIES}.${name}`;
    const own = listOf(present, key);
    const proposed = wanted.get(name);
    if (proposed === undefined && isShared) continue;
    const whole = proposed ?? [...(general ?? []), ...(own ?? [])];
    if (isShared && sameBinaries([...shared, ...(own ?? [])], whole)) continue;
    if (!isShared && own !== undefined && sameBinaries(own, whole)) continue;
    const rest = whole.filter((binary) => !shared.includes(binary));
    changed.set(key, rest.length === 0 && isShared ? undefined : inOldOrder(own ?? general ?? [], rest));
  }
  return changed;
}

/** The list in an annotation; undefined when there is no such annotation. The API server reads null as an empty text. */
function listOf(annotations: unknown, key: string): readonly string[] | undefined {
  const text = member(annotations, key);
  if (text === undefined) return undefined;
  return typeof text === 'string' ? (annotatedList(text) ?? []) : [];
}
