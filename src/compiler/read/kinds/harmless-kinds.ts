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
 * What decides about pods that another object makes is not harmless: the values of a HelmRelease, the patches of a
 * Kustomization or an Application, the objects in the triggers of a Sensor, and the pod template of a solver in an Issuer.
 * Such objects are of unknown kinds: they pass unless something in them has the shape of a pod.
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
  return HARMLESS_KINDS.some(({ group, kinds }) =>
    kinds.some((kind) => name === `${group}/${kind}` || (kind === '*' && name.startsWith(`${group}/`))),
  );
}
