import {
  cronJobPods,
  jobPods,
  podItself,
  replicationPods,
  selectedPods,
  storedPods,
  TEMPLATE,
} from './pods.ts';
import { type WorkloadReader, workloadReader } from './read-workload.ts';
import {
  CronJobSchema,
  DaemonSetSchema,
  DeploymentSchema,
  JobSchema,
  PodSchema,
  ReplicaSetSchema,
  ReplicationControllerSchema,
  StatefulSetSchema,
  StoredTemplateSchema,
} from './workload-schemas.ts';

/** The readers of Kubernetes workloads, by apiVersion and kind with a space between. */
export const KUBERNETES_READERS: Readonly<Record<string, WorkloadReader>> = {
  'v1 Pod': workloadReader({ schema: PodSchema, kind: 'pod', template: [], podsOf: podItself }),
  'apps/v1 Deployment': workloadReader({
    schema: DeploymentSchema,
    kind: 'deployment',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'apps/v1 StatefulSet': workloadReader({
    schema: StatefulSetSchema,
    kind: 'statefulset',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'apps/v1 DaemonSet': workloadReader({
    schema: DaemonSetSchema,
    kind: 'daemonset',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'apps/v1 ReplicaSet': workloadReader({
    schema: ReplicaSetSchema,
    kind: 'replicaset',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'batch/v1 Job': workloadReader({ schema: JobSchema, kind: 'job', template: TEMPLATE, podsOf: jobPods }),
  'batch/v1 CronJob': workloadReader({
    schema: CronJobSchema,
    kind: 'cronjob',
    template: ['spec', 'jobTemplate', ...TEMPLATE],
    podsOf: cronJobPods,
  }),
  'v1 ReplicationController': workloadReader({
    schema: ReplicationControllerSchema,
    kind: 'replicationcontroller',
    template: TEMPLATE,
    selectorLabels: ['spec', 'selector'],
    podsOf: replicationPods,
  }),
  'v1 PodTemplate': workloadReader({
    schema: StoredTemplateSchema,
    kind: 'podtemplate',
    template: ['template'],
    podsOf: storedPods,
  }),
};
