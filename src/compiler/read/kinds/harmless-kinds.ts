/** Kinds of an API group whose objects make no pods by what is written in them, and why. */
interface HarmlessKinds {
  readonly group: string;
  /** The kinds; `*` stands for every kind of the group. */
  readonly kinds: readonly string[];
  /** What the objects are, as it reads after "they". */
  readonly reason: string;
}

/**
 * Kinds that are known to make no pods by what is written in their objects, though something in them may look like a pod.
 *
 * The objects in the triggers of a Sensor, and the pod template of a solver in an Issuer, are not harmless: their
 * controllers make pods of them. Such objects are of unknown kinds: they pass unless something in them has the shape of
 * a pod.
 */
export const HARMLESS_KINDS: readonly HarmlessKinds[] = [
  {
    group: 'apiextensions.k8s.io',
    kinds: ['CustomResourceDefinition'],
    reason: 'describe what objects look like',
  },
  {
    group: 'metrics.k8s.io',
    kinds: ['PodMetrics', 'NodeMetrics'],
    reason: 'are measurements of containers that exist already',
  },
  {
    group: 'source.toolkit.fluxcd.io',
    kinds: ['GitRepository', 'OCIRepository', 'Bucket', 'HelmRepository', 'HelmChart', 'ExternalArtifact'],
    reason: 'say where manifests and charts are fetched from, which Flux applies by other objects',
  },
  {
    group: 'image.toolkit.fluxcd.io',
    kinds: ['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation'],
    reason: 'choose tags of images, and write them to a git repository',
  },
  {
    group: 'notification.toolkit.fluxcd.io',
    kinds: ['Alert', 'Provider', 'Receiver'],
    reason: 'send and receive notifications',
  },
  {
    group: 'argoproj.io',
    kinds: ['AppProject'],
    reason: 'restrict what the applications of Argo CD may apply',
  },
  {
    group: 'monitoring.coreos.com',
    kinds: ['ServiceMonitor', 'PodMonitor', 'Probe', 'ScrapeConfig', 'PrometheusRule', 'AlertmanagerConfig'],
    reason: 'say what Prometheus scrapes and alerts about',
  },
  {
    group: 'gateway.networking.k8s.io',
    kinds: [
      'GatewayClass',
      'Gateway',
      'HTTPRoute',
      'GRPCRoute',
      'TCPRoute',
      'TLSRoute',
      'UDPRoute',
      'ReferenceGrant',
      'BackendTLSPolicy',
    ],
    reason: 'route traffic to pods that other objects make',
  },
  {
    group: 'cert-manager.io',
    kinds: ['Certificate', 'CertificateRequest'],
    reason: 'ask for certificates',
  },
  {
    group: 'templates.gatekeeper.sh',
    kinds: ['ConstraintTemplate'],
    reason: 'describe what Gatekeeper may refuse',
  },
  {
    group: 'constraints.gatekeeper.sh',
    kinds: ['*'],
    reason: 'say what Gatekeeper refuses, and change nothing',
  },
  {
    group: 'policy',
    kinds: ['PodSecurityPolicy'],
    reason: 'said what pods might have, in versions of Kubernetes before 1.25',
  },
];

/**
 * Kinds whose objects name a chart or manifests that stand elsewhere, with values and patches for them. What becomes of a
 * value, only the chart says; the pods reach the API server later, as objects of other kinds. So values that look like a
 * part of a pod are not asked about: a permit for them would say nothing about the pods, and without them the chart makes
 * pods as well. A whole pod template or workload among the values is asked about.
 */
export const RENDERED_KINDS: readonly HarmlessKinds[] = [
  {
    group: 'helm.toolkit.fluxcd.io',
    kinds: ['HelmRelease'],
    reason: 'have Flux install a chart with their values',
  },
  {
    group: 'kustomize.toolkit.fluxcd.io',
    kinds: ['Kustomization'],
    reason: 'have Flux apply manifests with their patches',
  },
  {
    group: 'argoproj.io',
    kinds: ['Application', 'ApplicationSet'],
    reason: 'have Argo CD apply charts and manifests with their values and patches',
  },
];

/**
 * Whether the objects of a kind have a controller apply a chart or manifests that stand elsewhere.
 *
 * @param name The API group and the kind, as `<group>/<kind>`.
 *
 * @example
 * isRendered('helm.toolkit.fluxcd.io/HelmRelease'); // => true
 */
export function isRendered(name: string): boolean {
  return isAmong(RENDERED_KINDS, name);
}

/**
 * Whether the objects of a kind make no pods whatever is written in them.
 *
 * @param name The API group and the kind, as `<group>/<kind>`.
 *
 * @example
 * isHarmless('argoproj.io/AppProject'); // => true
 * isHarmless('constraints.gatekeeper.sh/K8sPSPHostNetworkingPorts'); // => true
 * isHarmless('argoproj.io/Sensor'); // => false
 */
export function isHarmless(name: string): boolean {
  return isAmong(HARMLESS_KINDS, name);
}

function isAmong(table: readonly HarmlessKinds[], name: string): boolean {
  return table.some(({ group, kinds }) =>
    kinds.some((kind) => name === `${group}/${kind}` || (kind === '*' && name.startsWith(`${group}/`))),
  );
}
