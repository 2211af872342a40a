import { LIMITS } from '../../compiler/model/limits.ts';
import type { Workload } from '../../compiler/model/workload.ts';
import { type BodyWorkloads, withMade } from './body-workloads.ts';
import { annotationChange, type ListWriter, newAnnotations } from './plan-annotations.ts';
import { latticeChanges } from './plan-lattice.ts';
import { containerKey, type Plan, type PlannedChange, workloadKey } from './planned-change.ts';
import { type AllowlistProposal, listProblem, type RefusedProposal, type WorkloadBody } from './proposal.ts';

/**
 * What is to change in the documents of a body so that each container gets the list that is proposed for it, and every
 * other container keeps what it has. A container whose list is as proposed needs no change.
 *
 * @param write Writes a list as the value of an annotation.
 */
export function planChanges(
  { documents }: Pick<WorkloadBody, 'documents'>,
  workloads: BodyWorkloads,
  proposals: readonly AllowlistProposal[],
  write: ListWriter,
): Plan {
  const { all } = workloads;
  const { accepted, refused } = sorted(all, withMade(workloads, proposals));
  const changes: PlannedChange[] = [];
  const room = new Room();
  const values = new Map(documents.map(({ index, value }) => [index, value]));
  for (const [document, ofDocument] of Map.groupBy(accepted, ({ workload }) => workload.source.document)) {
    const value = values.get(document);
    const lattice = ofDocument.filter((proposal) => {
      if (proposal.workload.dialect !== 'lattice') return false;
      const fits = room.take([proposal.allowedBinaries]);
      if (!fits) refused.push({ proposal, reason: TOO_LONG });
      return fits;
    });
    const ofLattice = all.filter(
      ({ dialect, source }) => dialect === 'lattice' && source.document === document,
    );
    const planned = latticeChanges(ofLattice, value, lattice);
    changes.push(...planned.changes);
    refused.push(...planned.refused);
    const native = ofDocument.filter(({ workload }) => workload.dialect === 'kubernetes');
    for (const ofWorkload of Map.groupBy(native, ({ workload }) => workloadKey(workload)).values()) {
      const [first] = ofWorkload;
      if (first === undefined) continue;
      const annotations = newAnnotations(first.workload, value, ofWorkload);
      if (!room.take(annotations.values())) {
        refused.push(...ofWorkload.map((proposal) => ({ proposal, reason: TOO_LONG })));
        continue;
      }
      const change = annotationChange(first.workload, value, annotations, write);
      if (change !== undefined) changes.push({ proposals: ofWorkload, document, change });
    }
  }
  return { changes, accepted, refused };
}

/** The most characters of all new lists. With a body of the longest text they fit into what is read again. */
const NEW_CHARACTERS = LIMITS.documentCharacters / 2;
const TOO_LONG = `The new lists of all containers would have more than ${NEW_CHARACTERS} characters together. Where a pod has a list for all its containers, each may get a copy of it. Send fewer workloads at once.`;

/** Counts the characters of new lists, before they are written. */
class Room {
  #left = NEW_CHARACTERS;

  /** Takes the room of some lists, if there is enough. */
  take(lists: Iterable<readonly string[] | undefined>): boolean {
    let characters = 0;
    for (const list of lists) for (const binary of list ?? []) characters += binary.length + 1;
    if (characters > this.#left) return false;
    this.#left -= characters;
    return true;
  }
}

/** Which proposals can be carried out by the look of them, and why the others cannot. */
function sorted(
  workloads: readonly Workload[],
  proposals: readonly AllowlistProposal[],
): { readonly accepted: AllowlistProposal[]; readonly refused: RefusedProposal[] } {
  const known = new Set(
    workloads.flatMap((workload) =>
      workload.containers.map((container) => containerKey(workload, container)),
    ),
  );
  const accepted: AllowlistProposal[] = [];
  const refused: RefusedProposal[] = [];
  const seen = new Set<string>();
  for (const proposal of proposals) {
    const key = containerKey(proposal.workload, proposal.container);
    const reason = seen.has(key)
      ? 'There are two proposals for this container.'
      : known.has(key)
        ? proposalProblem(proposal)
        : 'The body has no such container.';
    seen.add(key);
    if (reason === undefined) accepted.push(proposal);
    else refused.push({ proposal, reason });
  }
  return { accepted, refused };
}

function proposalProblem({ workload, container, allowedBinaries }: AllowlistProposal): string | undefined {
  if (container.isAdded === true)
    return `The operator adds the container ${container.name} to the pods, so the document has no place for its list. Compile with scope=container, which needs none, or send the config of its image.`;
  if (workload.unenforced === 'windows')
    return 'The pod runs on Windows nodes, where no policy is enforced and no list is read.';
  if (workload.unenforced === 'unknown-kind')
    return `Nothing is read of the kind ${workload.kind} that could hold a list of binaries.`;
  if (workload.dialect === 'kubernetes' && workload.podMetadata === undefined)
    return `The pods of a ${workload.kind} have no metadata that a list of binaries could be written to.`;
  return listProblem(allowedBinaries);
}
