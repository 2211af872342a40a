/** The keys that most objects have. */
const COMMON = ['apiVersion', 'kind', 'metadata'];
const SPEC = [...COMMON, 'spec', 'status'];

/**
 * Kinds that Kubernetes itself defines whose objects hold no pods and no other objects, with the keys that stand at the
 * top of their objects. The API server takes nothing else at the top.
 *
 * A kind belongs here only if nothing that could stand in its objects would make a container run, and if no reader of
 * ours looks at its objects.
 */
const SKIPPED: ReadonlyMap<string, readonly string[]> = new Map([
  ['v1 ConfigMap', [...COMMON, 'data', 'binaryData', 'immutable']],
  ['v1 Secret', [...COMMON, 'data', 'stringData', 'type', 'immutable']],
  ['v1 Service', SPEC],
  ['v1 ServiceAccount', [...COMMON, 'automountServiceAccountToken', 'imagePullSecrets', 'secrets']],
  ['v1 Namespace', SPEC],
  ['v1 Endpoints', [...COMMON, 'subsets']],
  ['v1 PersistentVolume', SPEC],
  ['v1 PersistentVolumeClaim', SPEC],
  ['v1 LimitRange', SPEC],
  ['v1 ResourceQuota', SPEC],
  ['apiextensions.k8s.io/v1 CustomResourceDefinition', SPEC],
  ['apiregistration.k8s.io/v1 APIService', SPEC],
  ['admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration', [...COMMON, 'webhooks']],
  ['admissionregistration.k8s.io/v1 MutatingWebhookConfiguration', [...COMMON, 'webhooks']],
  ['autoscaling/v2 HorizontalPodAutoscaler', SPEC],
  ['coordination.k8s.io/v1 Lease', SPEC],
  ['discovery.k8s.io/v1 EndpointSlice', [...COMMON, 'addressType', 'endpoints', 'ports']],
  ['networking.k8s.io/v1 Ingress', SPEC],
  ['networking.k8s.io/v1 IngressClass', SPEC],
  ['networking.k8s.io/v1 NetworkPolicy', SPEC],
  ['node.k8s.io/v1 RuntimeClass', [...COMMON, 'handler', 'overhead', 'scheduling']],
  ['policy/v1 PodDisruptionBudget', SPEC],
  ['rbac.authorization.k8s.io/v1 Role', [...COMMON, 'rules']],
  ['rbac.authorization.k8s.io/v1 ClusterRole', [...COMMON, 'rules', 'aggregationRule']],
  ['rbac.authorization.k8s.io/v1 RoleBinding', [...COMMON, 'roleRef', 'subjects']],
  ['rbac.authorization.k8s.io/v1 ClusterRoleBinding', [...COMMON, 'roleRef', 'subjects']],
  [
    'scheduling.k8s.io/v1 PriorityClass',
    [...COMMON, 'value', 'globalDefault', 'description', 'preemptionPolicy'],
  ],
  [
    'storage.k8s.io/v1 StorageClass',
    [
      ...COMMON,
      'provisioner',
      'parameters',
      'reclaimPolicy',
      'volumeBindingMode',
      'allowVolumeExpansion',
      'mountOptions',
      'allowedTopologies',
    ],
  ],
  ['storage.k8s.io/v1 CSIDriver', SPEC],
]);

/**
 * The keys that stand at the top of objects of a kind, if objects of that kind can hold no workload; undefined for
 * every other kind.
 *
 * @example
 * skippedKind('v1', 'Pod'); // => undefined
 * skippedKind('v1', 'Endpoints'); // => ['apiVersion', 'kind', 'metadata', 'subsets']
 */
export function skippedKind(apiVersion: string, kind: string): readonly string[] | undefined {
  return SKIPPED.get(`${apiVersion} ${kind}`);
}

/** The kinds whose objects need not be read, as [apiVersion, kind]. */
export const SKIPPED_KINDS: readonly (readonly [string, string])[] = [...SKIPPED.keys()].map((key) => {
  const [apiVersion = '', kind = ''] = key.split(' ');
  return [apiVersion, kind];
});
