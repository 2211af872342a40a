import type { KindRow, PodsRow } from '../kind-row.ts';
import { VOLCANO_ADDS } from './additions.ts';
import { STATUS } from './excuses.ts';

const GROUP = { group: 'batch.volcano.sh', versions: ['v1alpha1'], excused: [STATUS] };
const TASKS = {
  shape: 'template',
  suffix: '-{item.name}',
  adds: VOLCANO_ADDS,
  // The webhook of Volcano names tasks that have no name.
  absent: { 'item.name': 'default{index}' },
} as const satisfies Partial<PodsRow>;

/** Volcano. */
export const VOLCANO: readonly KindRow[] = [
  {
    ...GROUP,
    kind: 'Job',
    pods: [
      {
        ...TASKS,
        at: 'spec.tasks[].template',
        selector: 'labels',
        labels: { 'volcano.sh/job-name': '{object.name}', 'volcano.sh/task-spec': '{item.name}' },
      },
    ],
  },
  {
    ...GROUP,
    kind: 'CronJob',
    pods: [
      {
        ...TASKS,
        at: 'spec.jobTemplate.spec.tasks[].template',
        // The names of its Jobs are made when they are due.
        selector: 'template',
        labels: { 'volcano.sh/task-spec': '{item.name}' },
      },
    ],
  },
];
