import { z } from 'zod';
import type { Fault, Notice } from './faults.ts';
import { LabelsSchema, optional } from './names.ts';
import type { LabelSelector } from './tracing-policy.ts';
import { type Workload, workloadId } from './workload.ts';

const RequirementSchema = z.strictObject({
  key: z.string().min(1).max(317),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: optional(z.array(z.string().max(63))),
});

const MISSING_SELECTOR =
  'A selector is missing. Is this a kustomize patch? Build the overlay, and send what comes out.';

/** A label selector as Kubernetes has it (meta/v1 LabelSelector). */
export const NativeSelectorSchema = z
  .strictObject(
    {
      matchLabels: optional(LabelsSchema).meta({
        description: 'Labels that the pods have.',
        examples: [{ app: 'web' }],
      }),
      matchExpressions: optional(z.array(RequirementSchema).max(64)).meta({
        description: 'Conditions on their labels.',
        examples: [[{ key: 'tier', operator: 'In', values: ['web'] }]],
      }),
    },
    { error: ({ input }) => (input == null ? MISSING_SELECTOR : undefined) },
  )
  .superRefine(({ matchExpressions }, context) => {
    for (const [index, { operator, values }] of (matchExpressions ?? []).entries()) {
      if ((operator === 'In' || operator === 'NotIn') !== (values ?? []).length > 0) {
        context.addIssue({
          code: 'custom',
          path: ['matchExpressions', index, 'values'],
          message: 'In and NotIn need values; Exists and DoesNotExist take none.',
        });
      }
    }
  })
  .meta({
    id: 'PodSelector',
    description: 'What selects the pods of a workload.',
    examples: [{ matchLabels: { app: 'web' } }],
  });
export type NativeSelector = z.output<typeof NativeSelectorSchema>;

/** Whether a selector has any condition. */
export function isSelective({ matchLabels, matchExpressions }: NativeSelector): boolean {
  return Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length > 0;
}

/** A selector in the form that policies have it. */
export function toLabelSelector({ matchLabels, matchExpressions }: NativeSelector): LabelSelector {
  const expressions = (matchExpressions ?? []).map(({ key, operator, values }) =>
    operator === 'In' || operator === 'NotIn' ? { key, operator, values: values ?? [] } : { key, operator },
  );
  return {
    ...(Object.keys(matchLabels ?? {}).length === 0 ? {} : { matchLabels: { ...matchLabels } }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  };
}

type Labels = Readonly<Record<string, string>>;

/** Whether a selector selects pods with these labels. */
export function selects({ matchLabels, matchExpressions }: NativeSelector, labels: Labels): boolean {
  const read = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => read(key) === value) &&
    (matchExpressions ?? []).every(({ key, operator, values }) => {
      const value = read(key);
      switch (operator) {
        case 'In':
          return value !== undefined && (values ?? []).includes(value);
        case 'NotIn':
          return value === undefined || !(values ?? []).includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

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
