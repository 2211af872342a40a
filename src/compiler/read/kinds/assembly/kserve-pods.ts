import type { Path } from '../../../model/pointer.ts';
import { POD_FLAGS } from '../../../model/workload.ts';
import { CONTAINER_GROUPS } from '../../kubernetes/pod-spec.ts';
import { isMapping, member } from '../../mapping.ts';
import type { Assembled } from '../kind-row.ts';
import { isSaid, itemsOf, overlaid, type Piece, pathsOf, pieceAt, within, without } from './pieces.ts';
import { nameLabel, podOf } from './pod-parts.ts';

/** The keys under which a predictor or an explainer describes a server by its kind: a container with more fields. */
const SERVERS = [
  'model',
  'sklearn',
  'xgboost',
  'tensorflow',
  'pytorch',
  'triton',
  'onnx',
  'huggingface',
  'pmml',
  'lightgbm',
  'paddle',
  'art',
  'alibi',
  'aix',
];
/** Fields of such a server that are none of a container. */
const SERVER_FIELDS = [
  'modelFormat',
  'runtime',
  'storageUri',
  'runtimeVersion',
  'protocolVersion',
  'storage',
  'confidential',
  'type',
  'config',
  'modelName',
];
/** Fields of a component that are none of a pod. */
const COMPONENT_FIELDS = [
  ...SERVERS,
  'name',
  'storageUris',
  'storageContainerName',
  'workerSpec',
  'pipelineParallelSize',
  'tensorParallelSize',
  'minReplicas',
  'maxReplicas',
  'scaleTarget',
  'scaleMetric',
  'scaleMetricType',
  'autoScaling',
  'containerConcurrency',
  'timeout',
  'canaryTrafficPercent',
  'logger',
  'batcher',
  'labels',
  'annotations',
  'deploymentStrategy',
];
/** Fields of a serving runtime that are none of a pod. */
const RUNTIME_FIELDS = [
  'supportedModelFormats',
  'multiModel',
  'disabled',
  'protocolVersions',
  'workerSpec',
  'pipelineParallelSize',
  'tensorParallelSize',
  'grpcEndpoint',
  'grpcDataEndpoint',
  'httpDataEndpoint',
  'replicas',
  'storageHelper',
  'builtInAdapter',
  'labels',
  'annotations',
];
const POD_LISTS = ['containers', 'initContainers', 'volumes'];
/** Fields of a pod's spec that the search for unread parts would report. */
const POD_PARTS = ['securityContext', ...POD_FLAGS];

/** The name that KServe gives the container of a server, and that of the workers of one. */
const SERVER_CONTAINER = 'kserve-container';
const WORKER_CONTAINER = 'worker-container';
const OF_RUNTIME = 'Its server follows a serving runtime, which is described in another object';

/** The pods of a component of an InferenceService, and those of its workers. */
export function componentPods(object: unknown, at: Path): readonly Assembled[] {
  const own = pieceAt(object, at);
  if (!isMapping(own.value)) return [];
  const component = String(at.at(-1));
  const metadata = pieceAt(object, ['metadata']);
  const servers = SERVERS.map((key) => within(own, key)).filter(({ value }) => isMapping(value));
  const worker = within(own, 'workerSpec');
  const isOfRuntime = servers.length > 0 || isMapping(worker.value);
  const suffix = at.includes('canary') ? `-${component}-canary-${String(at.at(-2))}` : `-${component}`;
  const name = member(metadata.value, 'name');
  const pod = podFrom(own, COMPONENT_FIELDS, {
    suffix,
    labels: [within(metadata, 'labels'), within(own, 'labels')],
    annotations: [within(metadata, 'annotations'), within(own, 'annotations')],
    controllerLabels: labelsOf(name, component),
    servers: servers.map((server) => overlaid(without(server, SERVER_FIELDS), { name: SERVER_CONTAINER })),
    unenforced: isOfRuntime ? OF_RUNTIME : canaryProblem(object, component),
  });
  return [
    { ...pod, known: [...(pod.known ?? []), ...servers.map(({ path }) => path)] },
    ...workerPods(worker, COMPONENT_FIELDS, `${suffix}-worker`, OF_RUNTIME),
  ];
}

/** Why the pods of a predictor that is rolled out step by step have no policies: those of its canaries are like them. */
function canaryProblem(object: unknown, component: string): string | undefined {
  return component === 'predictor' && isSaid(pieceAt(object, ['spec', 'canary']))
    ? 'The pods of the predictor and those of its canaries have the same labels'
    : undefined;
}

/** The pods of the services that follow a ServingRuntime. */
export function runtimePods(object: unknown, at: Path): readonly Assembled[] {
  const own = pieceAt(object, at);
  if (!isMapping(own.value)) return [];
  const why = 'Its pods are those of the InferenceServices that follow it, which have other names and labels';
  return [
    podFrom(own, RUNTIME_FIELDS, {
      labels: [within(own, 'labels')],
      annotations: [within(own, 'annotations')],
      controllerLabels: {},
      servers: [],
      unenforced: why,
    }),
    ...workerPods(within(own, 'workerSpec'), RUNTIME_FIELDS, '-worker', why),
  ];
}

function workerPods(worker: Piece, fields: readonly string[], suffix: string, why: string): Assembled[] {
  if (!isMapping(worker.value)) return [];
  const hasContainers = isSaid(within(worker, 'containers'));
  return [
    podFrom(worker, fields, {
      suffix,
      labels: [],
      annotations: [],
      controllerLabels: {},
      servers: hasContainers ? [] : [{ value: { name: WORKER_CONTAINER }, path: worker.path }],
      unenforced: why,
    }),
  ];
}

interface Server {
  readonly suffix?: string;
  readonly labels: readonly Piece[];
  readonly annotations: readonly Piece[];
  readonly controllerLabels: Readonly<Record<string, string>>;
  /** Containers besides those of the pod. */
  readonly servers: readonly Piece[];
  readonly unenforced: string | undefined;
}

/** A pod of a mapping that has fields of its spec, and others. */
function podFrom(own: Piece, others: readonly string[], server: Server): Assembled {
  const keys = isMapping(own.value) ? Object.keys(own.value) : [];
  const fields = keys.filter((key) => !others.includes(key) && !POD_LISTS.includes(key));
  const { suffix, labels, annotations, controllerLabels, servers, unenforced } = server;
  return podOf(
    {
      at: own.path,
      labels,
      annotations,
      controllerLabels,
      fields: Object.fromEntries(fields.map((key) => [key, within(own, key)])),
      volumes: [within(own, 'volumes')],
      containers: withNames([...servers, ...itemsOf(within(own, 'containers'))]),
      initContainers: itemsOf(within(own, 'initContainers')),
    },
    {
      suffix,
      metadata: unenforced === undefined ? own.path : undefined,
      read: POD_PARTS.map((key) => [...own.path, key]),
      known: CONTAINER_GROUPS.flatMap((key) => pathsOf(within(own, key))),
      unenforced: unenforced === undefined ? undefined : { path: own.path, why: unenforced },
    },
  );
}

/** Containers with the name that KServe gives the only one that has none. */
function withNames(containers: readonly Piece[]): Piece[] {
  return containers.map((container) =>
    isSaid(within(container, 'name')) ? container : overlaid(container, { name: SERVER_CONTAINER }),
  );
}

function labelsOf(name: unknown, component: string): Record<string, string> {
  const service = nameLabel('serving.kserve.io/inferenceservice', name);
  return Object.keys(service).length === 0 ? {} : { ...service, component };
}
