import type { Workload } from '../../compiler/model/workload.ts';
import { parseDocuments } from '../../compiler/read/documents.ts';
import { annotationLines, annotationWords } from './annotation-text.ts';
import { applied, type Change, joined, sameData } from './change.ts';
import { changedJson } from './json-edits.ts';
import { planChanges, workloadsOf } from './plan.ts';
import { containerKey, type PlannedChange } from './planned-change.ts';
import { type AllowlistProposal, type RefusedProposal, sameBinaries, type WorkloadBody } from './proposal.ts';
import { changedYaml } from './yaml-edits.ts';
import { composedDocuments } from './yaml-nodes.ts';
import { YamlObstacles } from './yaml-obstacles.ts';

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
  const read = workloadsOf(body);
  const workloads = read.ok ? read.workloads : [];
  const write = body.syntax === 'yaml' ? annotationLines : annotationWords;
  const plan = planChanges(body, workloads, proposals, write);
  const { changes, refused } = withoutObstacles(body, plan.changes);
  const before = [...plan.refused, ...refused];
  if (changes.length === 0) return { text: body.text, refused: before };
  const whole = new Map<number, Change>();
  for (const { document, change } of changes) whole.set(document, joined(whole.get(document), change));
  const text = changedText(body, whole);
  const failed = new Set(before.map(({ proposal }) => proposal));
  const carriedOut = proposals.filter((proposal) => !failed.has(proposal));
  const patched = { ...body, text };
  if (differsAsPlanned(patched, whole) && readsAsProposed(patched, workloads, carriedOut))
    return { text, refused: before };
  const reason =
    'The list cannot be written into this text without changing something else. Apply the JSON patch, or write the list by hand.';
  return { text: body.text, refused: [...before, ...carriedOut.map((proposal) => ({ proposal, reason }))] };
}

/** The changes that can be made in the text, and the proposals of the others. JSON text has no obstacles. */
function withoutObstacles(
  { text, syntax, documents }: WorkloadBody,
  changes: readonly PlannedChange[],
): { readonly changes: readonly PlannedChange[]; readonly refused: readonly RefusedProposal[] } {
  if (syntax === 'json' || changes.length === 0) return { changes, refused: [] };
  const values = new Map(documents.map(({ index, value }) => [index, value]));
  const obstacles = composedDocuments(text).map(
    (document, index) => new YamlObstacles(text, document, values.get(index)),
  );
  const refused: RefusedProposal[] = [];
  const possible = changes.filter(({ proposals, document, change }) => {
    const reason = obstacles[document]?.of(change);
    if (reason !== undefined) refused.push(...proposals.map((proposal) => ({ proposal, reason })));
    return reason === undefined;
  });
  return { changes: possible, refused };
}

function changedText({ text, syntax }: WorkloadBody, changes: ReadonlyMap<number, Change>): string {
  if (syntax === 'yaml') return changedYaml(text, changes);
  const change = changes.get(0);
  return change === undefined ? text : changedJson(text, change);
}

/** Whether the documents of a changed text are those of the body with the changes, and nothing else. */
function differsAsPlanned(
  { text, syntax, documents }: WorkloadBody,
  changes: ReadonlyMap<number, Change>,
): boolean {
  const parsed = parseDocuments(text, syntax);
  if (!parsed.ok || parsed.documents.length !== documents.length) return false;
  return documents.every(({ index, value }, place) => {
    const change = changes.get(index);
    const expected = change === undefined ? value : applied(value, change);
    return sameData(parsed.documents[place]?.value, expected);
  });
}

/** Whether each container of a changed text has the list that is proposed for it, or what it had. */
function readsAsProposed(
  { text, syntax, options }: WorkloadBody,
  before: readonly Workload[],
  proposals: readonly AllowlistProposal[],
): boolean {
  const parsed = parseDocuments(text, syntax);
  const read = parsed.ok
    ? workloadsOf({ documents: parsed.documents, ...(options && { options }) })
    : undefined;
  if (read?.ok !== true) return false;
  const expected = listsOf(before);
  for (const { workload, container, allowedBinaries } of proposals)
    expected.set(containerKey(workload, container), allowedBinaries);
  const found = listsOf(read.workloads);
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
