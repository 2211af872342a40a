import type { KindRow } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

/** JobSet: several Jobs that belong together. */
export const JOBSET: readonly KindRow[] = [
  {
    group: 'jobset.x-k8s.io',
    versions: ['v1alpha2'],
    kind: 'JobSet',
    pods: [
      {
        at: 'spec.replicatedJobs[].template.spec.template',
        shape: 'template',
        suffix: '-{item.name}',
        selector: 'labels',
        labels: {
          'jobset.sigs.k8s.io/jobset-name': '{object.name}',
          'jobset.sigs.k8s.io/replicatedjob-name': '{item.name}',
        },
      },
    ],
    excused: [STATUS],
  },
];
