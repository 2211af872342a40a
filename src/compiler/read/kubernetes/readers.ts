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
  'v1 Pod': workloadReader({ name: 'Pod', schema: PodSchema, kind: 'pod', template: [], podsOf: podItself }),
  'apps/v1 Deployment': workloadReader({
    name: 'Deployment',
    schema: DeploymentSchema,
    kind: 'deployment',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'apps/v1 StatefulSet': workloadReader({
    name: 'StatefulSet',
    schema: StatefulSetSchema,
    kind: 'statefulset',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'apps/v1 DaemonSet': workloadReader({
    name: 'DaemonSet',
    schema: DaemonSetSchema,
    kind: 'daemonset',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'apps/v1 ReplicaSet': workloadReader({
    name: 'ReplicaSet',
    schema: ReplicaSetSchema,
    kind: 'replicaset',
    template: TEMPLATE,
    podsOf: selectedPods,
  }),
  'batch/v1 Job': workloadReader({
    name: 'Job',
    schema: JobSchema,
    kind: 'job',
    template: TEMPLATE,
    podsOf: jobPods,
  }),
  'batch/v1 CronJob': workloadReader({
    name: 'CronJob',
    schema: CronJobSchema,
    kind: 'cronjob',
    template: ['spec', 'jobTemplate', ...TEMPLATE],
    podsOf: cronJobPods,
  }),
  'v1 ReplicationController': workloadReader({
    name: 'ReplicationController',
    schema: ReplicationControllerSchema,
    kind: 'replicationcontroller',
    template: TEMPLATE,
    selectorLabels: ['spec', 'selector'],
    podsOf: replicationPods,
  }),
  'v1 PodTemplate': workloadReader({
    name: 'PodTemplate',
    schema: StoredTemplateSchema,
    kind: 'podtemplate',
    template: ['template'],
    podsOf: storedPods,
  }),
};
