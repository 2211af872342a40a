import { selects } from '../../model/label-selector.ts';
import type { Path } from '../../model/pointer.ts';
import type { Workload } from '../../model/workload.ts';
import type { Report } from '../report.ts';

/** A workload, and where its pods are described in its object. */
export interface PlacedWorkload {
  readonly workload: Workload;
  readonly at: Path;
}

/**
 * The workloads of one object, without policies where what selects the pods of one selects those of another too: its
 * policies would kill in the other's pods what only its own are not to do. Each of them is told in a notice.
 *
 * @param kind The kind of the object.
 */
export function withoutOverlaps(report: Report, kind: string, placed: readonly PlacedWorkload[]): Workload[] {
  return placed.map(({ workload, at }) => {
    const { podSelector } = workload;
    if (workload.unenforced !== undefined || podSelector === undefined) return workload;
    // Workloads of one name are refused elsewhere.
    const other = placed.find(
      (each) => each.workload.name !== workload.name && selects(podSelector, each.workload.podLabels),
    );
    if (other === undefined) return workload;
    report.note(
      'PodsNotEnforced',
      at,
      `The labels of these pods are also those of the pods of ${other.workload.name}; give them labels of their own. What this ${kind} asks for is judged, but no policies are made for these pods.`,
    );
    return { ...workload, unenforced: 'elsewhere' };
  });
}
