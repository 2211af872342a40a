import { member } from '../../mapping.ts';
import { sparkPods } from '../assembly/spark-pods.ts';
import type { KindRow } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

/** The applications of the Spark operator. */
export const SPARK: readonly KindRow[] = [
  {
    group: 'sparkoperator.k8s.io',
    versions: ['v1beta2'],
    kind: 'SparkApplication',
    pods: [
      {
        at: 'spec',
        shape: {
          assemble: (object, at) => sparkPods(object, at, member(member(object, 'metadata'), 'name')),
        },
        selector: 'template',
      },
    ],
    excused: [STATUS],
  },
  {
    group: 'sparkoperator.k8s.io',
    versions: ['v1beta2'],
    kind: 'ScheduledSparkApplication',
    pods: [
      {
        at: 'spec.template',
        shape: { assemble: (object, at) => sparkPods(object, at, undefined) },
        selector: 'template',
      },
    ],
    excused: [STATUS],
  },
];
