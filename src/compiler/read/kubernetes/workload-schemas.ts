import { z } from 'zod';
import { NativeSelectorSchema } from '../../model/label-selector.ts';
import { LabelsSchema, optional } from '../../model/names.ts';
import { MetadataSchema } from './metadata.ts';
import { PodSpecSchema, PodTemplateSchema } from './pod-spec.ts';

const EXAMPLE_TEMPLATE = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'nginx:1.29',
        command: ['/usr/sbin/nginx', '-g', 'daemon off;'],
        securityContext: {
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  },
};

/** The schema of one kind of workload, under the id of its kind. `example` is the spec of its example. */
function objectSchema<T extends z.ZodType>(apiVersion: string, kind: string, spec: T, example: object) {
  return z
    .looseObject({
      apiVersion: z.literal(apiVersion),
      kind: z.literal(kind),
      metadata: MetadataSchema,
      spec,
    })
    .meta({
      id: kind,
      description: `A Kubernetes ${kind} (${apiVersion}).`,
      examples: [{ apiVersion, kind, metadata: { name: 'web', namespace: 'shop' }, spec: example }],
    });
}

/** The spec of a workload that selects its pods. */
const selected = z.looseObject({ selector: NativeSelectorSchema, template: PodTemplateSchema });
/** The spec of a Job. */
const jobSpec = z.looseObject({
  manualSelector: optional(z.boolean()),
  selector: optional(NativeSelectorSchema),
  template: PodTemplateSchema,
});
const SELECTED = { selector: { matchLabels: { app: 'web' } }, template: EXAMPLE_TEMPLATE };

/** A Pod. */
export const PodSchema = objectSchema('v1', 'Pod', PodSpecSchema, EXAMPLE_TEMPLATE.spec);
/** A Deployment. */
export const DeploymentSchema = objectSchema('apps/v1', 'Deployment', selected, { replicas: 2, ...SELECTED });
/** A StatefulSet. */
export const StatefulSetSchema = objectSchema('apps/v1', 'StatefulSet', selected, {
  serviceName: 'web',
  ...SELECTED,
});
/** A DaemonSet. */
export const DaemonSetSchema = objectSchema('apps/v1', 'DaemonSet', selected, SELECTED);
/** A ReplicaSet. */
export const ReplicaSetSchema = objectSchema('apps/v1', 'ReplicaSet', selected, SELECTED);
/** A Job. */
export const JobSchema = objectSchema('batch/v1', 'Job', jobSpec, { template: EXAMPLE_TEMPLATE });
/** A CronJob. */
export const CronJobSchema = objectSchema(
  'batch/v1',
  'CronJob',
  z.looseObject({ jobTemplate: z.looseObject({ spec: jobSpec }) }),
  { schedule: '0 3 * * *', jobTemplate: { spec: { template: EXAMPLE_TEMPLATE } } },
);

/** A ReplicationController. */
export const ReplicationControllerSchema = objectSchema(
  'v1',
  'ReplicationController',
  z.looseObject({ selector: optional(LabelsSchema), template: PodTemplateSchema }),
  { selector: { app: 'web' }, template: EXAMPLE_TEMPLATE },
);
/** A PodTemplate that is an object of its own. */
export const StoredTemplateSchema = z
  .looseObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('PodTemplate'),
    metadata: MetadataSchema,
    template: PodTemplateSchema,
  })
  .meta({
    id: 'StoredPodTemplate',
    description: 'A Kubernetes PodTemplate (v1).',
    examples: [
      { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'web' }, template: EXAMPLE_TEMPLATE },
    ],
  });

/** Any of the Kubernetes workloads. */
export const KubernetesWorkloadSchema = z
  .union([
    DeploymentSchema,
    StatefulSetSchema,
    DaemonSetSchema,
    ReplicaSetSchema,
    JobSchema,
    CronJobSchema,
    PodSchema,
    ReplicationControllerSchema,
    StoredTemplateSchema,
  ])
  .meta({
    id: 'KubernetesWorkload',
    description: 'A Kubernetes workload.',
    examples: [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { replicas: 2, ...SELECTED },
      },
    ],
  });

/** The spec of a workload that selects its pods. */
export type SelectedSpec = z.output<typeof selected>;
