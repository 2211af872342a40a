import type { Excuse, KindRow } from '../kind-row.ts';

const STATUS: Excuse = {
  at: 'status',
  reason: 'The API server takes the status of these kinds only from their controller.',
};

/** Argo Rollouts. */
export const ARGO_ROLLOUTS: readonly KindRow[] = [
  {
    group: 'argoproj.io',
    versions: ['v1alpha1'],
    kind: 'Rollout',
    pods: [{ at: 'spec.template', shape: 'template', selector: { beside: 'selector' } }],
    excused: [STATUS],
  },
];
