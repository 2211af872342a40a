import type { KindRow, PodsRow } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

const GROUP = { group: 'apps.kruise.io', versions: ['v1alpha1', 'v1beta1'], excused: [STATUS] };
const SELECTED: readonly PodsRow[] = [
  { at: 'spec.template', shape: 'template', selector: { beside: 'selector' } },
];

/** OpenKruise, in which several kinds of Kubernetes have namesakes. */
export const OPENKRUISE: readonly KindRow[] = [
  { ...GROUP, kind: 'CloneSet', pods: SELECTED },
  { ...GROUP, kind: 'StatefulSet', pods: SELECTED },
  { ...GROUP, kind: 'DaemonSet', pods: SELECTED },
  {
    ...GROUP,
    kind: 'BroadcastJob',
    pods: [
      {
        at: 'spec.template',
        shape: 'template',
        selector: 'labels',
        labels: { 'broadcastjob-name': '{object.name}' },
      },
    ],
  },
  {
    ...GROUP,
    kind: 'AdvancedCronJob',
    pods: [
      {
        at: 'spec.template.jobTemplate.spec.template',
        shape: 'template',
        suffix: '-job',
        selector: 'template',
      },
      {
        at: 'spec.template.broadcastJobTemplate.spec.template',
        shape: 'template',
        suffix: '-broadcastjob',
        selector: 'template',
      },
    ],
  },
];
