import { z } from 'zod';
import {
  isSelective,
  type NativeSelector,
  NativeSelectorSchema,
  selects,
  toLabelSelector,
} from '../model/label-selector.ts';
import { LabelsSchema, NameSchema, ObjectNameSchema, optional } from '../model/names.ts';
import { parseValue } from '../model/parse.ts';
import type { Path } from '../model/pointer.ts';
import {
  type Container,
  type Controller,
  POD_FLAGS,
  type Workload,
  type WorkloadKind,
  workloadId,
} from '../model/workload.ts';
import {
  type AnnotatedBinary,
  checkOwnerAnnotations,
  checkPodAnnotations,
  readAllowedBinaries,
  readAppArmorAnnotation,
} from './annotations.ts';
import { asApiServerReads } from './api-server.ts';
import { checkContainers, readContainer } from './container-reader.ts';
import { checkFieldPlaces, entries, NATIVE_BELONGS, nativePlaces } from './fields.ts';
import {
  isWindowsPod,
  notePodConcerns,
  rootGroupAsks,
  securityContextAsks,
  volumeAsks,
} from './pod-concerns.ts';
import { containerFields, podFlags } from './pod-schemas.ts';
import type { Report } from './report.ts';
import { NativeSecurityContextSchema, PodSecurityContextSchema, securityOf } from './security-context.ts';
import { noteWritableBinaries } from './writable-binaries.ts';

// ------------------------------------------------------------------------------ the input schemas

const AnnotationsSchema = z.record(z.string().max(317), z.string());

/** What is read of the metadata of any Kubernetes object. */
export const MetadataSchema = z
  .looseObject({
    name: optional(ObjectNameSchema).meta({ description: 'Its name.', examples: ['web'] }),
    generateName: optional(z.string().max(253)).meta({
      description: 'What its name begins with, when the cluster makes it.',
      examples: ['migrate-'],
    }),
    namespace: optional(NameSchema).meta({
      description: 'Its namespace. Left out, it is that of the parameter `namespace`.',
      examples: ['shop'],
    }),
    labels: optional(LabelsSchema).meta({
      description: 'Its labels, visible to Cedar policies.',
      examples: [{ 'app.kubernetes.io/name': 'web' }],
    }),
    annotations: optional(AnnotationsSchema).meta({
      description: 'Its annotations.',
      examples: [{ 'example.org/owner': 'shop' }],
    }),
  })
  .meta({
    id: 'ObjectMeta',
    description: 'Name, namespace, labels and annotations of a Kubernetes object.',
    examples: [{ name: 'web', namespace: 'shop' }],
  });

const NativeContainerSchema = z
  .looseObject({
    name: NameSchema.meta({ description: 'Its name.', examples: ['web'] }),
    ...containerFields,
    restartPolicy: optional(z.string()).meta({
      description: '`Always` makes a sidecar of an init container.',
      examples: ['Always'],
    }),
    securityContext: optional(NativeSecurityContextSchema),
  })
  .meta({
    id: 'NativeContainer',
    description: 'A container of a Kubernetes pod. Fields we do not read, such as env or ports, pass.',
    examples: [{ name: 'web', image: 'nginx:1.29', command: ['/usr/sbin/nginx'] }],
  });

const containers = z.array(NativeContainerSchema);

const PodSpecSchema = z
  .looseObject({
    containers: containers.min(1),
    initContainers: optional(containers),
    ephemeralContainers: optional(containers),
    securityContext: optional(PodSecurityContextSchema),
    ...podFlags,
  })
  .meta({
    id: 'PodSpec',
    description: 'A Kubernetes pod: its containers and its pod-level switches.',
    examples: [{ containers: [{ name: 'web', image: 'nginx:1.29' }] }],
  });

const PodTemplateSchema = z.looseObject({ metadata: optional(MetadataSchema), spec: PodSpecSchema }).meta({
  id: 'PodTemplate',
  description: 'The pods that a workload makes.',
  examples: [
    {
      metadata: {
        labels: { app: 'web' },
        annotations: { 'runtime.lattice.dev/allowed-binaries': '/usr/sbin/nginx, /bin/sh' },
      },
      spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] },
    },
  ],
});

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

const selected = z.looseObject({ selector: NativeSelectorSchema, template: PodTemplateSchema });
const jobSpec = z.looseObject({
  manualSelector: optional(z.boolean()),
  selector: optional(NativeSelectorSchema),
  template: PodTemplateSchema,
});
const SELECTED = { selector: { matchLabels: { app: 'web' } }, template: EXAMPLE_TEMPLATE };

const PodSchema = objectSchema('v1', 'Pod', PodSpecSchema, EXAMPLE_TEMPLATE.spec);
const DeploymentSchema = objectSchema('apps/v1', 'Deployment', selected, { replicas: 2, ...SELECTED });
const StatefulSetSchema = objectSchema('apps/v1', 'StatefulSet', selected, {
  serviceName: 'web',
  ...SELECTED,
});
const DaemonSetSchema = objectSchema('apps/v1', 'DaemonSet', selected, SELECTED);
const ReplicaSetSchema = objectSchema('apps/v1', 'ReplicaSet', selected, SELECTED);
const JobSchema = objectSchema('batch/v1', 'Job', jobSpec, { template: EXAMPLE_TEMPLATE });
const CronJobSchema = objectSchema(
  'batch/v1',
  'CronJob',
  z.looseObject({ jobTemplate: z.looseObject({ spec: jobSpec }) }),
  { schedule: '0 3 * * *', jobTemplate: { spec: { template: EXAMPLE_TEMPLATE } } },
);

const ReplicationControllerSchema = objectSchema(
  'v1',
  'ReplicationController',
  z.looseObject({ selector: optional(LabelsSchema), template: PodTemplateSchema }),
  { selector: { app: 'web' }, template: EXAMPLE_TEMPLATE },
);
const StoredTemplateSchema = z
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
export const NativeWorkloadSchema = z
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

// ------------------------------------------------------------------------------ reading

type ObjectMeta = z.output<typeof MetadataSchema>;
type PodSpec = z.output<typeof PodSpecSchema>;
type NativeContainer = z.output<typeof NativeContainerSchema>;

/** A pod template, and what selects the pods made of it. */
interface Pods {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  /** Where the template stands; its metadata and spec are in it. */
  readonly at: Path;
  readonly selector: { readonly value: NativeSelector; readonly at: Path } | undefined;
}

/** Reads one Kubernetes workload. `namespace` is for those that name none. */
export type NativeReader = (report: Report, value: unknown, namespace: string | undefined) => Workload[];

function reader<T extends z.ZodType<{ readonly metadata: ObjectMeta }>>(
  schema: T,
  kind: WorkloadKind,
  template: Path,
  podsOf: (object: z.output<T>) => Pick<Pods, 'metadata' | 'spec' | 'selector'>,
  labels?: Path,
): NativeReader {
  return (report, value, namespace) => {
    const before = report.faultCount;
    const parsed = parseValue(schema, asApiServerReads(value, template, labels), explainKey);
    if (!parsed.ok) {
      for (const issue of parsed.issues) report.fault(issue.path, issue.message);
      checkFieldPlaces(report, nativePlaces(value, template), NATIVE_BELONGS);
      return [];
    }
    const identity = identify(report, parsed.data.metadata, namespace);
    if (identity !== undefined) report.service = workloadId(identity);
    checkFieldPlaces(report, nativePlaces(value, template), NATIVE_BELONGS);
    const pods = { ...podsOf(parsed.data), at: template };
    const containers = readContainers(report, pods);
    if (identity === undefined) return [];
    const podAt = [...template, 'spec'];
    const windows = isWindowsPod(pods.spec);
    if (windows) {
      report.note(
        'WindowsPod',
        podAt,
        'The pod runs on Windows nodes, where there is no Tetragon: it has no policies, and its binaries are not asked for.',
      );
    }
    notePodConcerns(report, pods.spec, podAt);
    if (!windows) noteWritableBinaries(report, pods.spec, podAt, containers);
    const workload: Workload = {
      kind,
      dialect: 'kubernetes',
      ...identity,
      labels: parsed.data.metadata.labels ?? {},
      ...podsSelection(report, pods),
      podAnnotations: pods.metadata.annotations ?? {},
      // What the cluster will name cannot be named in a patch.
      template: parsed.data.metadata.name == null ? undefined : templateOf(value, template),
      containers,
      pod: readPodFlags(report, pods),
      asks: volumeAsks(report, pods.spec, podAt),
      unenforced: windows ? 'windows' : undefined,
      controller: controllerOf(parsed.data.metadata),
      source: report.source,
    };
    if (template.length > 0) checkOwnerAnnotations(report, parsed.data.metadata, pods.metadata);
    return report.faultCount > before ? [] : [workload];
  };
}

/** Where a key of a security context belongs, when it is one of the other security context. */
function explainKey(key: string, path: Path): string | undefined {
  if (path.at(-1) !== 'securityContext') return undefined;
  const ofContainer = typeof path.at(-2) === 'number';
  if (key === 'allowedBinaries')
    return 'The field "allowedBinaries" is not one of Kubernetes; it belongs in the annotation runtime.lattice.dev/allowed-binaries of the pod template.';
  const other = ofContainer ? PodSecurityContextSchema : NativeSecurityContextSchema;
  if (!Object.hasOwn(other.shape, key)) return undefined;
  return ofContainer
    ? `Unknown field ${JSON.stringify(key)}: it belongs in the pod's securityContext.`
    : `Unknown field ${JSON.stringify(key)}: it belongs in each container's securityContext.`;
}

const API = z.looseObject({ apiVersion: z.string(), kind: z.string() });

function templateOf(value: unknown, at: Path): Workload['template'] {
  const { apiVersion, kind } = API.parse(value);
  let template: unknown = value;
  const Template = z.looseObject({});
  for (const step of at) template = Template.parse(template)[String(step)];
  const { metadata } = Template.parse(template);
  const parsed = z.looseObject({ labels: z.unknown().optional() }).safeParse(metadata);
  return {
    apiVersion,
    kind,
    metadata: [...at, 'metadata'],
    hasMetadata: parsed.success,
    hasLabels: parsed.success && parsed.data.labels != null,
  };
}

const OwnerSchema = z.looseObject({
  kind: z.string(),
  name: z.string(),
  controller: z.literal(true),
});

/** What made an object, by the owner reference that says so. */
function controllerOf({ ownerReferences }: ObjectMeta): Controller | undefined {
  for (const [, reference] of entries(ownerReferences)) {
    const owner = OwnerSchema.safeParse(reference);
    if (owner.success) return { kind: owner.data.kind, name: owner.data.name };
  }
  return undefined;
}

/** The name and the namespace of an object, which authorization depends on. */
export function identify(
  report: Report,
  metadata: ObjectMeta,
  fallback: string | undefined,
): { readonly name: string; readonly namespace: string } | undefined {
  // The cluster adds to generateName; what it begins with is what all objects made of it have in common. Of a long
  // one it takes 58 characters.
  const name = metadata.name ?? metadata.generateName?.slice(0, 58).replace(/[-.]+$/, '');
  const namespace = metadata.namespace ?? fallback;
  if (name === undefined || !ObjectNameSchema.safeParse(name).success)
    report.fault(['metadata', 'name'], 'Expected a name: authorization depends on it.');
  if (namespace === undefined) {
    report.fault(
      ['metadata', 'namespace'],
      'Expected a namespace: authorization depends on it. Write it here, or give the parameter namespace for all that leave it out.',
    );
  }
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

/** What selects the pods of a workload, and the labels that they are known to have. */
function podsSelection(
  report: Report,
  { metadata, selector }: Pods,
): Pick<Workload, 'podSelector' | 'podLabels'> {
  const podLabels = metadata.labels ?? {};
  if (selector === undefined) {
    const podSelector = Object.keys(podLabels).length === 0 ? undefined : { matchLabels: { ...podLabels } };
    return { podSelector, podLabels };
  }
  const { value, at } = selector;
  if (!isSelective(value)) {
    report.fault(at, 'The selector is empty, and would select every pod.');
    return { podSelector: undefined, podLabels };
  }
  // The label that the Job controller sets has no place in the document.
  if (at.length === 0 && Object.values(value.matchLabels ?? {}).some((each) => each.length > 63))
    report.fault(['metadata', 'name'], 'The name of a Job is a label of its pods: at most 63 characters.');
  const labels = { ...value.matchLabels, ...podLabels };
  if (at.length > 0 && !selects(value, podLabels))
    report.fault(at, 'The selector does not select the pods of the template: their labels are others.');
  return { podSelector: toLabelSelector(value), podLabels: labels };
}

function readContainers(report: Report, pods: Pods): Container[] {
  const { spec, at } = pods;
  const podAt = [...at, 'spec'];
  const groups = [
    ['containers', spec.containers],
    ['initContainers', spec.initContainers ?? []],
    ['ephemeralContainers', spec.ephemeralContainers ?? []],
  ] as const;
  // The paths of Windows are none of Linux, and nothing is made of them.
  const binariesOf = isWindowsPod(spec)
    ? (): undefined => undefined
    : readAllowedBinaries(report, pods.metadata, at);
  const found = groups.flatMap(([group, list]) =>
    list.map((container, index) =>
      readNativeContainer(
        report,
        pods,
        group,
        container,
        [...podAt, group, index],
        binariesOf(container.name),
      ),
    ),
  );
  checkContainers(report, found, podAt);
  checkPodAnnotations(
    report,
    pods.metadata,
    at,
    found.map(({ name }) => name),
  );
  return found;
}

const INHERITED = ['runAsNonRoot', 'runAsUser', 'runAsGroup', 'seccompProfile', 'appArmorProfile'] as const;

function readNativeContainer(
  report: Report,
  { metadata, spec, at: template }: Pods,
  group: 'containers' | 'initContainers' | 'ephemeralContainers',
  input: NativeContainer,
  at: Path,
  binaries: readonly AnnotatedBinary[] | undefined,
): Container {
  const own = input.securityContext ?? {};
  const pod = spec.securityContext ?? {};
  const inherited = INHERITED.filter((field) => own[field] == null && pod[field] != null);
  const podPath = report.absolute([...template, 'spec', 'securityContext']);
  const securityPath = report.absolute(input.securityContext == null ? at : [...at, 'securityContext']);
  const appArmor = readAppArmorAnnotation(report, metadata, template, input.name, own.appArmorProfile?.type);
  const declared = {
    name: input.name,
    role: roleOf(group, input),
    security: {
      allowedBinaries: binaries?.map(({ binary }) => binary),
      ...securityOf({
        ...own,
        ...Object.fromEntries(inherited.map((field) => [field, pod[field]])),
        ...(appArmor === undefined ? {} : { appArmorProfile: { type: appArmor.type } }),
      }),
    },
    asks: [
      ...rootGroupAsks(report, spec, [...template, 'spec']),
      ...securityContextAsks({ value: own, path: securityPath }, { value: pod, path: podPath }),
    ],
    securityPath,
    places: {
      ...Object.fromEntries(inherited.map((field) => [field, [...podPath, field]])),
      ...(appArmor === undefined ? {} : { 'appArmorProfile/type': appArmor.path }),
      ...Object.fromEntries((binaries ?? []).map(({ path }, index) => [`allowedBinaries/${index}`, path])),
    },
  };
  return readContainer(report, declared, input, at);
}

function roleOf(
  group: 'containers' | 'initContainers' | 'ephemeralContainers',
  { restartPolicy }: NativeContainer,
): Container['role'] {
  if (group === 'containers') return 'container';
  if (group === 'ephemeralContainers') return 'ephemeralContainer';
  return restartPolicy === 'Always' ? 'sidecar' : 'initContainer';
}

function readPodFlags(report: Report, { spec, at }: Pods): Workload['pod'] {
  return POD_FLAGS.flatMap((name) => {
    const value = spec[name];
    return value == null ? [] : [{ name, value, path: report.absolute([...at, 'spec', name]) }];
  });
}

const TEMPLATE = ['spec', 'template'];

type SelectedObject = { readonly metadata: ObjectMeta; readonly spec: z.output<typeof selected> };

function selectedPods({ spec }: SelectedObject): Pick<Pods, 'metadata' | 'spec' | 'selector'> {
  return {
    metadata: spec.template.metadata ?? {},
    spec: spec.template.spec,
    selector: { value: spec.selector, at: ['spec', 'selector'] },
  };
}

/** The label that the Job controller puts on the pods of a Job (Kubernetes 1.27 and later). */
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

/** The readers by apiVersion and kind. */
export const NATIVE_READERS: Readonly<Record<string, NativeReader>> = {
  'v1 Pod': reader(PodSchema, 'pod', [], ({ metadata, spec }) => ({ metadata, spec, selector: undefined })),
  'apps/v1 Deployment': reader(DeploymentSchema, 'deployment', TEMPLATE, selectedPods),
  'apps/v1 StatefulSet': reader(StatefulSetSchema, 'statefulset', TEMPLATE, selectedPods),
  'apps/v1 DaemonSet': reader(DaemonSetSchema, 'daemonset', TEMPLATE, selectedPods),
  'apps/v1 ReplicaSet': reader(ReplicaSetSchema, 'replicaset', TEMPLATE, selectedPods),
  'batch/v1 Job': reader(JobSchema, 'job', TEMPLATE, ({ metadata, spec }) => {
    const { manualSelector, selector, template } = spec;
    const pods = { metadata: template.metadata ?? {}, spec: template.spec };
    if (manualSelector === true && selector != null)
      return { ...pods, selector: { value: selector, at: ['spec', 'selector'] } };
    if (metadata.name == null) return { ...pods, selector: undefined };
    // A Job has no selector until it is made, but its pods bear its name.
    return { ...pods, selector: { value: { matchLabels: { [JOB_NAME_LABEL]: metadata.name } }, at: [] } };
  }),
  'batch/v1 CronJob': reader(
    CronJobSchema,
    'cronjob',
    ['spec', 'jobTemplate', 'spec', 'template'],
    ({ spec }) => {
      const { template } = spec.jobTemplate.spec;
      return { metadata: template.metadata ?? {}, spec: template.spec, selector: undefined };
    },
  ),
  'v1 ReplicationController': reader(
    ReplicationControllerSchema,
    'replicationcontroller',
    TEMPLATE,
    ({ spec: { selector, template } }) => {
      const metadata = template.metadata ?? {};
      // The API server fills an empty selector with the labels of the template.
      const matchLabels =
        selector == null || Object.keys(selector).length === 0 ? (metadata.labels ?? {}) : selector;
      return {
        metadata,
        spec: template.spec,
        selector: { value: { matchLabels }, at: ['spec', 'selector'] },
      };
    },
    ['spec', 'selector'],
  ),
  'v1 PodTemplate': reader(StoredTemplateSchema, 'podtemplate', ['template'], ({ template }) => ({
    metadata: template.metadata ?? {},
    spec: template.spec,
    selector: undefined,
  })),
};
