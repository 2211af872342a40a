import { isMapping, member, valueAt } from '../../mapping.ts';
import { templateAt } from '../assembled.ts';
import type { KindRow, Pieces, PodsRow, SelectorRow } from '../kind-row.ts';
import { KUBERAY_ADDS } from './additions.ts';
import { STATUS } from './excuses.ts';

const GROUP = { group: 'ray.io', excused: [STATUS] };
const VERSIONS = ['v1', 'v1alpha1'];

/** The fields of `autoscalerOptions` that describe a container. The others are settings of the autoscaler. */
const OF_CONTAINER = [
  'image',
  'imagePullPolicy',
  'command',
  'args',
  'env',
  'envFrom',
  'volumeMounts',
  'resources',
  'securityContext',
];

/** The pod of a head: its template, and the container of the autoscaler that KubeRay adds to it. */
const HEAD: Pieces = {
  assemble: (object, at) => {
    const cluster = at.slice(0, -2);
    const whole = templateAt(object, at);
    const { template } = whole;
    const spec = member(template, 'spec');
    const containers = member(spec, 'containers');
    const autoscaler = autoscalerOf(valueAt(object, cluster));
    if (autoscaler === undefined || !isMapping(template) || !isMapping(spec) || !Array.isArray(containers))
      return [whole];
    const added = containers.length;
    return [
      {
        ...whole,
        template: { ...template, spec: { ...spec, containers: [...containers, autoscaler] } },
        originOf: (path) =>
          path[1] === 'containers' && path[2] === added
            ? [...cluster, 'autoscalerOptions', ...path.slice(3)]
            : whole.originOf(path),
      },
    ];
  },
};

/** The container of the autoscaler; undefined when autoscaling is not enabled, and no option matters to security. */
function autoscalerOf(cluster: unknown): unknown {
  const options = member(cluster, 'autoscalerOptions');
  const matters = ['securityContext', 'command'].some((field) => member(options, field) != null);
  if (member(cluster, 'enableInTreeAutoscaling') !== true && !matters) return undefined;
  const given = OF_CONTAINER.map((field) => [field, member(options, field)] as const);
  return { name: 'autoscaler', ...Object.fromEntries(given.filter(([, value]) => value != null)) };
}

/** The pods of a cluster whose spec stands at a path. `labels` tell the cluster, as far as its name is known. */
function clusterPods(
  spec: string,
  selector: SelectorRow,
  labels: Readonly<Record<string, string>>,
): PodsRow[] {
  return [
    {
      at: `${spec}.headGroupSpec.template`,
      shape: HEAD,
      suffix: '-headgroup',
      adds: KUBERAY_ADDS,
      selector,
      labels: { ...labels, 'ray.io/node-type': 'head', 'ray.io/group': 'headgroup' },
    },
    {
      at: `${spec}.workerGroupSpecs[].template`,
      shape: 'template',
      suffix: '-{item.groupName}',
      adds: KUBERAY_ADDS,
      selector,
      labels: { ...labels, 'ray.io/node-type': 'worker', 'ray.io/group': '{item.groupName}' },
    },
  ];
}

/** The pods of a RayJob whose spec stands at a path: those of its cluster, and the one that submits the job. */
function jobPods(spec: string, submitter: Pick<PodsRow, 'selector' | 'labels'>): PodsRow[] {
  return [
    // The name of its cluster is made when it starts.
    ...clusterPods(`${spec}.rayClusterSpec`, 'template', {}),
    { at: `${spec}.submitterPodTemplate`, shape: 'template', suffix: '-submittergroup', ...submitter },
  ];
}

/** KubeRay. */
export const KUBERAY: readonly KindRow[] = [
  {
    ...GROUP,
    versions: VERSIONS,
    kind: 'RayCluster',
    pods: clusterPods('spec', 'labels', { 'ray.io/cluster': '{object.name}' }),
  },
  {
    ...GROUP,
    versions: VERSIONS,
    kind: 'RayJob',
    pods: jobPods('spec', {
      // The Job that submits has the name of the RayJob.
      selector: 'labels',
      labels: { 'batch.kubernetes.io/job-name': '{object.name}' },
    }),
  },
  {
    ...GROUP,
    versions: VERSIONS,
    kind: 'RayService',
    pods: clusterPods('spec.rayClusterConfig', 'template', {}),
  },
  {
    ...GROUP,
    versions: ['v1'],
    kind: 'RayCronJob',
    pods: jobPods('spec.jobTemplate', { selector: 'template' }),
  },
];
