import { isSelective, selects, toLabelSelector } from '../../model/label-selector.ts';
import type { Workload } from '../../model/workload.ts';
import type { Report } from '../report.ts';
import type { Pods } from './pods.ts';

/** What selects the pods of a workload, and the labels that they are known to have. */
export function readPodSelection(
  report: Report,
  { metadata, selector }: Pods,
): Pick<Workload, 'podSelector' | 'podLabels'> {
  const podLabels = metadata.labels ?? {};
  if (selector === undefined) {
    const podSelector = Object.keys(podLabels).length === 0 ? undefined : { matchLabels: { ...podLabels } };
    return { podSelector, podLabels };
  }
  const { value, at } = selector;
  if (!isSelective(value)) {
    report.fault(at, 'The selector is empty, and would select every pod.');
    return { podSelector: undefined, podLabels };
  }
  const isInDocument = at.length > 0;
  // What is not in the document is the label that the Job controller sets: the name of the Job.
  if (!isInDocument && Object.values(value.matchLabels ?? {}).some((each) => each.length > 63))
    report.fault(['metadata', 'name'], 'The name of a Job is a label of its pods: at most 63 characters.');
  if (isInDocument && !selects(value, podLabels))
    report.fault(at, 'The selector does not select the pods of the template: their labels are others.');
  return { podSelector: toLabelSelector(value), podLabels: { ...value.matchLabels, ...podLabels } };
}
