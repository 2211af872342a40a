import type { KindRow, PodsRow } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

/** The Jobs by which an analysis measures. Their names are made by the controller, so only labels tell their pods. */
const METRIC_JOBS: readonly PodsRow[] = [
  {
    at: 'spec.metrics[].provider.job.spec.template',
    shape: 'template',
    suffix: '-{item.name}',
    selector: 'template',
  },
];

const GROUP = { group: 'argoproj.io', versions: ['v1alpha1'] };

/** Argo Rollouts. */
export const ARGO_ROLLOUTS: readonly KindRow[] = [
  {
    ...GROUP,
    kind: 'Rollout',
    pods: [{ at: 'spec.template', shape: 'template', selector: { beside: 'selector' } }],
    excused: [STATUS],
  },
  {
    ...GROUP,
    kind: 'Experiment',
    pods: [
      {
        at: 'spec.templates[].template',
        shape: 'template',
        suffix: '-{item.name}',
        selector: { beside: 'selector' },
      },
    ],
    // The status is no subresource here, but the controller makes no pods of it.
    excused: [{ at: 'status', reason: 'The controller makes pods of the spec alone.' }],
  },
  {
    ...GROUP,
    kind: 'AnalysisTemplate',
    pods: METRIC_JOBS,
    excused: [],
  },
  {
    ...GROUP,
    kind: 'AnalysisRun',
    pods: METRIC_JOBS,
    excused: [{ at: 'status', reason: 'The controller makes Jobs of the spec alone.' }],
  },
];
