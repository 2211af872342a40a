import { about, withoutOwned } from './derive/owned.ts';
import { OWN_POLICY_NAMES } from './emit/generated-policies.ts';
import type { Fault, Notice } from './model/faults.ts';
import { LIMITS } from './model/limits.ts';
import type { Workload } from './model/workload.ts';
import type { SourceDocument } from './read/documents/source-document.ts';
import { expandList, type SourceObject } from './read/lists.ts';
import { type ReadOptions, readObjects } from './read/read-objects.ts';

/** The workloads of a body, or everything that is wrong with it. */
export type ReadWorkloads =
  | { readonly ok: true; readonly workloads: readonly Workload[]; readonly notices: readonly Notice[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads the workloads of a body. Other objects pass, with a notice; Lists are read by their items. */
export function readWorkloads(
  documents: readonly SourceDocument[],
  options: ReadOptions = {},
): ReadWorkloads {
  const objects = documents.map(({ index, value }) => ({ value, source: { document: index, path: [] } }));
  const read = readWorkloadObjects(objects, { ...options, ownPolicyNames: OWN_POLICY_NAMES });
  if (objects.flatMap(expandList).length > 0) return read;
  return {
    ok: false,
    faults: [
      {
        document: 0,
        path: [],
        message: 'There is no service in the body. Expected a LatticeService or a Kubernetes workload.',
      },
    ],
  };
}

/** Reads the workloads among some objects, as {@link readWorkloads} does; there may be none. */
export function readWorkloadObjects(
  objects: readonly SourceObject[],
  options: ReadOptions = {},
): ReadWorkloads {
  const { workloads, notices, passed, faults } = readObjects(objects, options);
  if (faults.length > 0) return { ok: false, faults };
  const judged = withoutOwned(workloads);
  const tooMany = countFaults(judged.workloads);
  if (tooMany.length > 0) return { ok: false, faults: tooMany };
  return {
    ok: true,
    workloads: judged.workloads,
    notices: [...notices.filter(about(workloads, judged.workloads)), ...judged.notices, ...passed],
  };
}

function countFaults(workloads: readonly Workload[]): Fault[] {
  const faults: Fault[] = [];
  const tooMany = (what: string, limit: number, count: number): void => {
    if (count <= limit) return;
    const message = `At most ${limit} ${what} are taken at once; there are ${count}.`;
    faults.push({ document: 0, path: [], message });
  };
  tooMany('services', LIMITS.services, workloads.length);
  const containers = workloads.reduce((sum, workload) => sum + workload.containers.length, 0);
  tooMany('containers', LIMITS.containersInAll, containers);
  return faults;
}
