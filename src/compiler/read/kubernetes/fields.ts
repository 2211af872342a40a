import type { Path } from '../../model/pointer.ts';
import { POD_FLAGS } from '../../model/workload.ts';
import { CONTAINER_FIELDS, containerPlaces, SECURITY_KEYS } from '../container-places.ts';
import { type Belonging, type Fields, OBJECT_FIELDS, openFields, type Place } from '../field-places.ts';
import { member } from '../mapping.ts';
import { CONTAINER_GROUPS } from './pod-spec.ts';

/** The fields of the spec of a pod (core/v1 PodSpec). */
const POD: Fields = {
  read: [...CONTAINER_GROUPS, 'securityContext', ...POD_FLAGS],
  passed: [
    'activeDeadlineSeconds',
    'affinity',
    'dnsConfig',
    'dnsPolicy',
    'enableServiceLinks',
    'hostAliases',
    'hostname',
    'hostnameOverride',
    'imagePullSecrets',
    'nodeName',
    'nodeSelector',
    'os',
    'overhead',
    'preemptionPolicy',
    'priority',
    'priorityClassName',
    'readinessGates',
    'resourceClaims',
    'resources',
    'restartPolicy',
    'runtimeClassName',
    'schedulerName',
    'schedulingGates',
    'serviceAccount',
    'serviceAccountName',
    'setHostnameAsFQDN',
    'subdomain',
    'terminationGracePeriodSeconds',
    'tolerations',
    'topologySpreadConstraints',
    'volumes',
  ],
};

/** Where the security fields of a Kubernetes workload belong. */
export const KUBERNETES_BELONGS: readonly Belonging[] = [
  { keys: SECURITY_KEYS, place: 'a securityContext' },
  {
    keys: ['allowedBinaries'],
    place: 'the annotation runtime.lattice.dev/allowed-binaries of the pod template',
  },
  { keys: ['securityContext'], place: "the pod's spec, or a container" },
  { keys: [...CONTAINER_GROUPS, ...POD_FLAGS], place: "the pod's spec" },
];

/** The mappings of a Kubernetes workload whose keys matter. `template` leads to its pod template. */
export function kubernetesPlaces(document: unknown, template: Path): Place[] {
  const [first] = template;
  const root =
    first === undefined ? OBJECT_FIELDS : { ...OBJECT_FIELDS, read: [...OBJECT_FIELDS.read, String(first)] };
  const places: Place[] = [{ path: [], value: document, fields: root }];
  let value = document;
  for (const [depth, step] of template.entries()) {
    value = member(value, String(step));
    const next = template[depth + 1];
    const read = next === undefined ? ['metadata', 'spec'] : [String(next), 'selector'];
    places.push({ path: template.slice(0, depth + 1), value, fields: openFields(...read) });
  }
  return [...places, ...podPlaces(member(value, 'spec'), [...template, 'spec'])];
}

/**
 * The mappings of the spec of a pod whose keys matter.
 *
 * @param added Fields that a kind adds to those of a pod.
 */
export function podPlaces(spec: unknown, at: Path, added: readonly string[] = []): Place[] {
  const pod = { path: at, value: spec };
  return [
    { ...pod, fields: { ...POD, passed: [...POD.passed, ...added] } },
    ...containerPlaces(pod, CONTAINER_GROUPS, CONTAINER_FIELDS),
  ];
}
