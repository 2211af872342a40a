import { isSelective, selects, toLabelSelector } from '../../model/label-selector.ts';
import type { Workload } from '../../model/workload.ts';
import type { Report } from '../report.ts';
import type { Pods } from './pods.ts';

/** What selects the pods of a workload, and the labels that they are known to have. */
export function readPodSelection(
  report: Report,
  { metadata, selector, addedLabels }: Pods,
): Pick<Workload, 'podSelector' | 'podLabels'> {
  const podLabels = { ...metadata.labels, ...addedLabels };
  if (selector === undefined) {
    // Labels that a controller adds are those of many pods, unless they tell the object.
    const isTold = Object.keys(metadata.labels ?? {}).length > 0;
    const podSelector = isTold ? { matchLabels: { ...podLabels } } : undefined;
    return { podSelector, podLabels };
  }
  const { value, at } = selector;
  if (!isSelective(value)) {
    report.fault(at, 'The selector is empty, and would select every pod.');
    return { podSelector: undefined, podLabels };
  }
  const isInDocument = at.length > 0;
  // What is not in the document are labels that a controller makes of names.
  if (!isInDocument) checkLabels(report, value.matchLabels ?? {});
  if (isInDocument && !selects(value, podLabels))
    report.fault(at, 'The selector does not select the pods of the template: their labels are others.');
  return { podSelector: toLabelSelector(value), podLabels: { ...value.matchLabels, ...podLabels } };
}

const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

function checkLabels(report: Report, labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    if (LABEL_VALUE.test(value)) continue;
    report.fault(
      ['metadata', 'name'],
      `The pods would have the label ${key}=${value.slice(0, 100)}, which is made of the name: at most 63 letters, digits, - _ and . are taken.`,
    );
  }
}
