import { type Path, toPointer } from '../../compiler/model/pointer.ts';
import { type Container, type Workload, workloadId } from '../../compiler/model/workload.ts';
import { UNITS } from '../../compiler/read/lattice/kinds.ts';
import { entries, isMapping, member } from '../../compiler/read/mapping.ts';
import { type Change, changeAt, joined, written } from './change.ts';
import { type Changes, containerKey, type PlannedChange, valueIn } from './planned-change.ts';
import { type AllowlistProposal, inOldOrder, type RefusedProposal, sameBinaries } from './proposal.ts';

/** A container of a body, and what its list is to be. */
interface Wanted {
  readonly workload: Workload;
  readonly binaries: readonly string[] | undefined;
}

/**
 * The changes that give containers of Lattice workloads their new lists. A container that comes from defaults gets its
 * list in its own unit, and the defaults stay as they are. A sidecar gets it in the defaults, if all that have it agree.
 *
 * @param workloads All Lattice workloads of the document.
 * @param document The document that holds them.
 */
export function latticeChanges(
  workloads: readonly Workload[],
  document: unknown,
  proposals: readonly AllowlistProposal[],
): Changes {
  const users = usersOf(workloads, document, proposals);
  const refused: RefusedProposal[] = [];
  const changes: PlannedChange[] = [];
  /** The containers that are added to a list stand or fall together, because their indices follow each other. */
  const added = new Map<string, AllowlistProposal[]>();
  for (const proposal of proposals) {
    const { workload, container, allowedBinaries } = proposal;
    if (sameBinaries(container.security.allowedBinaries, allowedBinaries)) continue;
    const place = placeOf(workload, container, document);
    const other = users
      .get(toPointer([...place.group, place.step ?? container.name]))
      ?.find(({ binaries }) => !sameBinaries(binaries, allowedBinaries));
    if (other !== undefined) {
      refused.push({ proposal, reason: sharedReason(other.workload, workload) });
    } else if (place.step === undefined) {
      const group = toPointer(place.group);
      added.set(group, [...(added.get(group) ?? []), proposal]);
    } else {
      const change = ownChange([...place.group, place.step], document, allowedBinaries);
      changes.push({ proposals: [proposal], document: workload.source.document, change });
    }
  }
  for (const group of added.values()) changes.push(additions(group, document));
  return { changes, refused };
}

function sharedReason(other: Workload, own: Workload): string {
  const whose = other.name === own.name ? 'another container' : `the workload ${workloadId(other)}`;
  return `The container is also that of ${whose}, whose list would change with it. Give both the same list, or write the sidecar for each of them: into its task or role, or into a workerRuntime.`;
}

/** What each place of a container is to hold, for each workload that has a container there. */
function usersOf(
  workloads: readonly Workload[],
  document: unknown,
  proposals: readonly AllowlistProposal[],
): Map<string, Wanted[]> {
  const wanted = new Map(
    proposals.map(({ workload, container, allowedBinaries }) => [
      containerKey(workload, container),
      allowedBinaries,
    ]),
  );
  const users = new Map<string, Wanted[]>();
  for (const workload of workloads) {
    for (const container of workload.containers) {
      const { group, step = container.name } = placeOf(workload, container, document);
      const pointer = toPointer([...group, step]);
      const binaries = wanted.get(containerKey(workload, container)) ?? container.security.allowedBinaries;
      users.set(pointer, [...(users.get(pointer) ?? []), { workload, binaries }]);
    }
  }
  return users;
}

/** Where a container stands in its own unit: in which group, and under which key; without one it joins a list. */
interface ContainerPlace {
  readonly group: Path;
  readonly step: string | number | undefined;
}

function placeOf(workload: Workload, container: Container, document: unknown): ContainerPlace {
  const root = workload.source.path;
  const path = container.path.slice(root.length);
  // Lattice takes a sidecar of a task as a whole: one with nothing but a list would replace that of the defaults.
  if (path[1] !== 'defaults' || path.at(-2) === 'sidecars')
    return { group: container.path.slice(0, -1), step: container.path.at(-1) };
  const group = [...root, ...unitPath(workload, valueIn(document, root)), ...path.slice(2, -1)];
  const containers = valueIn(document, group);
  if (!Array.isArray(containers)) return { group, step: container.name };
  const index = containers.findIndex((each) => member(each, 'name') === container.name);
  return { group, step: index < 0 ? undefined : index };
}

/** The path of the task or the role that a workload is of, from the root of its object. */
function unitPath({ kind, name }: Workload, object: unknown): Path {
  const units = kind === 'job' ? UNITS.job : UNITS.model;
  const base = String(member(member(object, 'metadata'), 'name'));
  const keys = entries(member(member(object, 'spec'), units)).map(([key]) => key);
  const exact = keys.find((key) => name === `${base}-${key}`);
  const found = exact ?? keys.find((key) => name === `${base}-${key}-worker`);
  return found === undefined ? ['spec', units] : ['spec', units, found];
}

/** The change of a document that writes the list of a container which stands at a path, or is made there. */
function ownChange(path: Path, document: unknown, binaries: readonly string[]): Change {
  const container = valueIn(document, path);
  const key = securityKey(container, path.at(-1));
  const before = member(member(container, key), 'allowedBinaries');
  const old = Array.isArray(before) ? before.filter((each) => typeof each === 'string') : [];
  return changeAt([...path, key, 'allowedBinaries'], written(inOldOrder(old, binaries)));
}

/** The key of a container's security context: the one that it has, or the spelling that goes with its place. */
function securityKey(container: unknown, step: string | number | undefined): string {
  const keys = ['security', 'securityContext'];
  const set = keys.find((key) => member(container, key) != null);
  const present = keys.find((key) => isMapping(container) && Object.hasOwn(container, key));
  return set ?? present ?? (typeof step === 'number' ? 'securityContext' : 'security');
}

/** Adds containers that come from defaults to the list of containers of their own unit. */
function additions(proposals: readonly AllowlistProposal[], document: unknown): PlannedChange {
  let change: Change | undefined;
  for (const [index, { workload, container, allowedBinaries }] of proposals.entries()) {
    const { group } = placeOf(workload, container, document);
    const containers = valueIn(document, group);
    const at = [...group, (Array.isArray(containers) ? containers.length : 0) + index];
    change = joined(change, changeAt([...at, 'name'], written(container.name)));
    change = joined(
      change,
      changeAt([...at, 'securityContext', 'allowedBinaries'], written(allowedBinaries)),
    );
  }
  return {
    proposals,
    document: proposals[0]?.workload.source.document ?? 0,
    change: change ?? { kind: 'members', members: new Map() },
  };
}
