import type { Fault } from '../model/faults.ts';
import { selects } from '../model/label-selector.ts';
import type { Notice } from '../model/notices.ts';
import { type Workload, workloadId } from '../model/workload.ts';

/**
 * A fault for each workload whose pods have no labels, so that no policy can select them. Such a workload can be judged,
 * but not compiled.
 */
export function selectorFaults(workloads: readonly Workload[]): Fault[] {
  return workloads.flatMap(({ podSelector, kind, source, template, unenforced }) =>
    podSelector === undefined && unenforced === undefined
      ? [
          {
            document: source.document,
            path: [...source.path, ...(template?.metadata ?? [])],
            message: `The pods of this ${kind} have no labels, so no policy can select them. Give them one of their own, e.g. app.kubernetes.io/name.`,
          },
        ]
      : [],
  );
}

/**
 * The faults of {@link selectorFaults} because of which a body is refused. When at least one workload of the body can be
 * selected, the others are compiled with a label that the answer adds to their pods ({@link assignedLabels}), and only
 * workloads that cannot be given one are at fault.
 */
export function stoppingSelectorFaults(workloads: readonly Workload[]): Fault[] {
  const enforced = workloads.filter(({ unenforced }) => unenforced === undefined);
  return enforced.some(({ podSelector }) => podSelector !== undefined)
    ? selectorFaults(enforced.filter((workload) => assignedLabels(workload) === undefined))
    : selectorFaults(enforced);
}

/**
 * A unique label for the pods of a workload that have none. It is undefined when the pods have labels, or when the name
 * of the workload is longer than the value of a label may be.
 */
export function assignedLabels({
  podSelector,
  podMetadata,
  kind,
  name,
}: Workload): Record<string, string> | undefined {
  return podSelector === undefined && podMetadata !== undefined && name.length <= LABEL_VALUE
    ? { [`lattice.dev/${kind}`]: name }
    : undefined;
}

/** The most characters that Kubernetes allows in the value of a label. */
const LABEL_VALUE = 63;

/** How many other workloads a notice names before it only counts the rest. */
const NAMED = 3;

/**
 * A notice for each workload whose selector also selects pods of another workload. Its policies would apply to those pods
 * too.
 */
export function selectorOverlaps(workloads: readonly Workload[]): Notice[] {
  return workloads.flatMap((workload) => {
    const { podSelector, namespace, source } = workload;
    if (podSelector === undefined || workload.unenforced !== undefined) return [];
    const others = workloads.filter(
      (other) => other !== workload && other.namespace === namespace && selects(podSelector, other.podLabels),
    );
    if (others.length === 0) return [];
    const named = others.slice(0, NAMED).map(({ kind, name }) => `the ${kind} ${name}`);
    const more = others.length <= NAMED ? '' : ` and ${others.length - NAMED} more`;
    return [
      {
        code: 'SelectorOverlap',
        service: workloadId(workload),
        message: `The selector of this ${workload.kind} also selects the pods of ${named.join(', ')}${more}, so its policies apply to them too. Give their pods labels that tell them apart.`,
        document: source.document,
        path: source.path,
      },
    ];
  });
}
