import { z } from 'zod';
import { LabelsSchema, optional } from './names.ts';

const values = z.array(z.string().min(1)).min(1);

/** A label selector in the form that it has in the policies we emit. */
export const LabelSelectorSchema = z
  .strictObject({
    matchLabels: z.record(z.string(), z.string().max(63)).optional(),
    matchExpressions: z
      .array(
        z.union([
          z.strictObject({ key: z.string().min(1), operator: z.enum(['In', 'NotIn']), values }),
          z.strictObject({ key: z.string().min(1), operator: z.enum(['Exists', 'DoesNotExist']) }),
        ]),
      )
      .min(1)
      .optional(),
  })
  .refine(
    ({ matchLabels = {}, matchExpressions = [] }) =>
      Object.keys(matchLabels).length + matchExpressions.length > 0,
    'An empty selector would select every pod.',
  )
  .meta({
    id: 'LabelSelector',
    description: 'A Kubernetes label selector.',
    examples: [{ matchLabels: { 'app.kubernetes.io/name': 'api-server' } }],
  });

/** A label selector as it stands in a policy. */
export type LabelSelector = z.output<typeof LabelSelectorSchema>;

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
/** A label selector as it stands in a Kubernetes workload. */
export type NativeSelector = z.output<typeof NativeSelectorSchema>;

/** Whether a selector has any condition. */
export function isSelective({ matchLabels, matchExpressions }: NativeSelector): boolean {
  return Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length > 0;
}

/** Turns a selector of Kubernetes into the form that it has in a policy. */
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

/**
 * Whether a selector selects pods with these labels.
 *
 * @example
 * selects({ matchLabels: { app: 'web' } }, { app: 'web', tier: 'front' }); // => true
 * selects({ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, { app: 'web' }); // => false
 */
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
