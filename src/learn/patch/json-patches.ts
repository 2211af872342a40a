import { type Path, toPointer } from '../../compiler/model/pointer.ts';
import { isMapping } from '../../compiler/read/mapping.ts';
import { annotationWords } from './annotation-text.ts';
import { workloadsOf } from './body-workloads.ts';
import { applied, type Change, joined, valueAt } from './change.ts';
import { planChanges } from './plan.ts';
import { type PlannedChange, valueIn } from './planned-change.ts';
import type { AllowlistProposal, RefusedProposal, WorkloadBody } from './proposal.ts';

/** One operation of a JSON patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** A JSON patch of one object of a body. */
export interface ObjectPatch {
  readonly document: number;
  /** The JSON pointer of the object in its document: empty unless it is an item of a List. */
  readonly object: string;
  /** What changes in the object. Paths lead from the root of the object. */
  readonly operations: readonly PatchOperation[];
}

/** JSON patches, and the proposals that they do not carry out. */
export interface ProposedPatches {
  readonly patches: readonly ObjectPatch[];
  readonly refused: readonly RefusedProposal[];
}

/** The proposals as JSON patches, one for each object that changes, in the order of the body. */
export function jsonPatches(
  body: Pick<WorkloadBody, 'documents' | 'options'>,
  proposals: readonly AllowlistProposal[],
): ProposedPatches {
  const { changes, refused } = planChanges(body, workloadsOf(body), proposals, annotationWords);
  const objects = new Map<
    string,
    { readonly document: number; readonly path: Path; readonly change: Change }
  >();
  for (const { document, path, change } of changes.flatMap(inObject)) {
    const key = `${document}${toPointer(path)}`;
    objects.set(key, { document, path, change: joined(objects.get(key)?.change, change) });
  }
  const values = new Map(body.documents.map(({ index, value }) => [index, value]));
  const patches = [...objects.values()]
    .map(({ document, path, change }) => ({
      document,
      object: toPointer(path),
      operations: operationsOf(valueIn(values.get(document), path), change),
    }))
    .sort((a, b) => a.document - b.document);
  return { patches, refused };
}

/** A change of a document as one of the object in it that the change is about. */
function inObject({
  proposals,
  document,
  change,
}: PlannedChange): { readonly document: number; readonly path: Path; readonly change: Change }[] {
  const path = proposals[0]?.workload.source.path ?? [];
  let inner: Change | undefined = change;
  for (const step of path) inner = inner?.kind === 'members' ? inner.members.get(step) : undefined;
  return inner === undefined ? [] : [{ document, path, change: inner }];
}

/** The operations that make of a value what it is after a change. `at` is where the value stands. */
export function operationsOf(value: unknown, change: Change, at: Path = []): PatchOperation[] {
  if (change.kind !== 'members' || !(isMapping(value) || Array.isArray(value)))
    return [{ op: 'replace', path: toPointer(at), value: applied(value, change) }];
  return [...change.members].flatMap(([step, each]): PatchOperation[] => {
    const path = [...at, step];
    const present = valueAt(value, step);
    if (each.kind === 'removed') return [{ op: 'remove', path: toPointer(path) }];
    if (present !== undefined) return operationsOf(present, each, path);
    const added = Array.isArray(value) ? [...at, '-'] : path;
    return [{ op: 'add', path: toPointer(added), value: applied(undefined, each) }];
  });
}
