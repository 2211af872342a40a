import { type LabelSelector, selects } from '../../model/label-selector.ts';
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
  const byLabel = workloadsByLabel(placed);
  return placed.map(({ workload, at }) => {
    const { podSelector } = workload;
    if (workload.unenforced !== undefined || podSelector === undefined) return workload;
    // Workloads of one name are refused elsewhere.
    const other = candidates(podSelector, byLabel, placed).find(
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

/** The workloads whose pods have a label, by the label. */
type ByLabel = ReadonlyMap<string, readonly PlacedWorkload[]>;

function workloadsByLabel(placed: readonly PlacedWorkload[]): ByLabel {
  const byLabel = new Map<string, PlacedWorkload[]>();
  for (const each of placed) {
    for (const label of Object.entries(each.workload.podLabels)) {
      const key = label.join('=');
      const found = byLabel.get(key);
      if (found === undefined) byLabel.set(key, [each]);
      else found.push(each);
    }
  }
  return byLabel;
}

/**
 * The workloads whose pods a selector could select: those with the rarest of its labels. Most selectors have a label that
 * one workload alone has, so that not each is compared with all others.
 */
function candidates(
  { matchLabels = {} }: LabelSelector,
  byLabel: ByLabel,
  all: readonly PlacedWorkload[],
): readonly PlacedWorkload[] {
  return Object.entries(matchLabels)
    .map((label) => byLabel.get(label.join('=')) ?? [])
    .reduce((rarest, found) => (found.length < rarest.length ? found : rarest), all);
}
