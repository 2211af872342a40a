import type { Fault } from '../model/faults.ts';
import { selects } from '../model/label-selector.ts';
import type { Notice } from '../model/notices.ts';
import { type Workload, workloadId } from '../model/workload.ts';

/** What is wrong with workloads whose pods no policy can select. They can be decided about, not compiled. */
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
 * Of those faults, the ones that stop a body: where other workloads can be selected, the pods of this one can
 * be given a label that the answer adds ({@link assignedLabels}).
 */
export function stoppingSelectorFaults(workloads: readonly Workload[]): Fault[] {
  const enforced = workloads.filter(({ unenforced }) => unenforced === undefined);
  return enforced.some(({ podSelector }) => podSelector !== undefined)
    ? selectorFaults(enforced.filter((workload) => assignedLabels(workload) === undefined))
    : selectorFaults(enforced);
}

/** A label that nothing else has, for pods that have none; undefined where they have some, or its value is too long. */
export function assignedLabels({ podSelector, kind, name }: Workload): Record<string, string> | undefined {
  return podSelector === undefined && name.length <= LABEL_VALUE
    ? { [`lattice.dev/${kind}`]: name }
    : undefined;
}

/** Characters of a label's value. */
const LABEL_VALUE = 63;

/** How many others a notice names. */
const NAMED = 3;

/** Tells of workloads whose selector selects pods of another one too: its policies would apply to them. */
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
