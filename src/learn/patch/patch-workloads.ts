import type { Workload } from '../../compiler/model/workload.ts';
import type { SourceDocument } from '../../compiler/read/documents/source-document.ts';
import { parseDocuments } from '../../compiler/read/documents.ts';
import { annotationLines, annotationWords } from './annotation-text.ts';
import { workloadsOf } from './body-workloads.ts';
import { applied, type Change, joined, sameData } from './change.ts';
import { changedJson } from './json-edits.ts';
import { planChanges } from './plan.ts';
import type { ListWriter } from './plan-annotations.ts';
import { containerKey, type PlannedChange } from './planned-change.ts';
import { type AllowlistProposal, type RefusedProposal, sameBinaries, type WorkloadBody } from './proposal.ts';
import { YamlText } from './yaml-edits.ts';

/** A body with the proposed lists in it. */
export interface PatchedBody {
  /** The whole text. Comments, order, quotes and everything else that is not ours are as they were. */
  readonly text: string;
  /** The proposals that are not in the text, and why. */
  readonly refused: readonly RefusedProposal[];
}

/**
 * Writes proposed allowlists into the text of a body. The result is read again and compared: it differs from the body in
 * the lists alone, each proposed container has its list, and every other container has what it had. A text of which that
 * does not hold is never returned; its proposals are refused, and the text is that of the body.
 */
export function patchWorkloads(body: WorkloadBody, proposals: readonly AllowlistProposal[]): PatchedBody {
  const workloads = workloadsOf(body);
  const source = changeable(body);
  const plan = planChanges(body, workloads, proposals, source.write);
  if (plan.changes.length === 0) return { text: body.text, refused: plan.refused };
  const { changes, refused } = withoutObstacles(body, source, plan.changes);
  const before = [...plan.refused, ...refused];
  if (changes.length === 0) return { text: body.text, refused: before };
  const whole = new Map<number, Change>();
  for (const { document, change } of changes) whole.set(document, joined(whole.get(document), change));
  const text = source.changed(whole);
  const failed = new Set(before.map(({ proposal }) => proposal));
  const carriedOut = plan.accepted.filter((proposal) => !failed.has(proposal));
  const parsed = parseDocuments(text, body.syntax);
  const patched = parsed.ok ? parsed.documents : [];
  if (
    differsAsPlanned(body.documents, patched, whole) &&
    readsAsProposed({ ...body, documents: patched }, workloads.all, carriedOut)
  )
    return { text, refused: before };
  const reason =
    'The list cannot be written into this text without changing something else. Apply the JSON patch, or write the list by hand.';
  return { text: body.text, refused: [...before, ...carriedOut.map((proposal) => ({ proposal, reason }))] };
}

/** A text that can be changed: by which changes it cannot, and what it is after those that are left. */
interface ChangeableText {
  /** Writes a list as it reads well at its place. */
  readonly write: ListWriter;
  readonly obstacles: (document: number, value: unknown) => (change: Change) => string | undefined;
  readonly changed: (changes: ReadonlyMap<number, Change>) => string;
}

function changeable({ text, syntax }: WorkloadBody): ChangeableText {
  if (syntax === 'yaml') {
    const yaml = new YamlText(text);
    return {
      write: (binaries, document, path) =>
        yaml.isInBrackets(document, path) ? annotationWords(binaries) : annotationLines(binaries),
      obstacles: (document, value) => yaml.obstacles(document, value),
      changed: (changes) => yaml.changed(changes),
    };
  }
  return {
    write: annotationWords,
    obstacles: () => () => undefined,
    changed: (changes) => {
      const change = changes.get(0);
      return change === undefined ? text : changedJson(text, change);
    },
  };
}

/** The changes that can be made in the text, and the proposals of the others. */
function withoutObstacles(
  { documents }: WorkloadBody,
  { obstacles }: ChangeableText,
  changes: readonly PlannedChange[],
): { readonly changes: readonly PlannedChange[]; readonly refused: readonly RefusedProposal[] } {
  const reasonOf = new Map(documents.map(({ index, value }) => [index, obstacles(index, value)]));
  const refused: RefusedProposal[] = [];
  const possible = changes.filter(({ proposals, document, change }) => {
    const reason = reasonOf.get(document)?.(change);
    if (reason !== undefined) refused.push(...proposals.map((proposal) => ({ proposal, reason })));
    return reason === undefined;
  });
  return { changes: possible, refused };
}

/** Whether the documents of a changed text are those of the body with the changes, and nothing else. */
function differsAsPlanned(
  before: readonly SourceDocument[],
  after: readonly SourceDocument[],
  changes: ReadonlyMap<number, Change>,
): boolean {
  if (after.length !== before.length) return false;
  return before.every(({ index, value }, place) => {
    const change = changes.get(index);
    const expected = change === undefined ? value : applied(value, change);
    return sameData(after[place]?.value, expected);
  });
}

/** Whether each container of a changed body has the list that is proposed for it, or what it had. */
function readsAsProposed(
  body: Pick<WorkloadBody, 'documents' | 'options'>,
  before: readonly Workload[],
  proposals: readonly AllowlistProposal[],
): boolean {
  const expected = listsOf(before);
  for (const { workload, container, allowedBinaries } of proposals)
    expected.set(containerKey(workload, container), allowedBinaries);
  const found = listsOf(workloadsOf(body).all);
  return (
    found.size === expected.size &&
    [...expected].every(([key, list]) => found.has(key) && sameBinaries(found.get(key), list))
  );
}

function listsOf(workloads: readonly Workload[]): Map<string, readonly string[] | undefined> {
  return new Map(
    workloads.flatMap((workload) =>
      workload.containers.map((container): [string, readonly string[] | undefined] => [
        containerKey(workload, container),
        container.security.allowedBinaries,
      ]),
    ),
  );
}
