import type { Path } from '../model/pointer.ts';
import { PROBES } from '../model/workload.ts';
import type { Fields, Place } from './field-places.ts';
import { entries, member } from './mapping.ts';

const PROBE: Fields = {
  read: ['exec'],
  passed: [
    'failureThreshold',
    'grpc',
    'httpGet',
    'initialDelaySeconds',
    'periodSeconds',
    'successThreshold',
    'tcpSocket',
    'terminationGracePeriodSeconds',
    'timeoutSeconds',
  ],
};

/** The fields of a container of a Kubernetes pod (core/v1 Container and EphemeralContainer). */
export const CONTAINER_FIELDS: Fields = {
  read: ['command', ...PROBES, 'lifecycle', 'securityContext'],
  passed: [
    'args',
    'env',
    'envFrom',
    'image',
    'imagePullPolicy',
    'name',
    'ports',
    'resizePolicy',
    'resources',
    'restartPolicy',
    'restartPolicyRules',
    'stdin',
    'stdinOnce',
    'targetContainerName',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'tty',
    'volumeDevices',
    'volumeMounts',
    'workingDir',
  ],
};

/** The fields of the security context of a container that every dialect reads. */
export const SECURITY_KEYS = [
  'readOnlyRootFilesystem',
  'runAsNonRoot',
  'runAsUser',
  'runAsGroup',
  'capabilities',
  'privileged',
  'allowPrivilegeEscalation',
  'seccompProfile',
  'appArmorProfile',
];

/** The containers in some groups of a mapping, such as `initContainers`, and their probes. */
export function containerPlaces(
  { path, value }: { readonly path: Path; readonly value: unknown },
  groups: readonly string[],
  fields: Fields,
): Place[] {
  return groups.flatMap((group) =>
    entries(member(value, group)).flatMap(([name, container]) => {
      const at = [...path, group, name];
      return [
        { path: at, value: container, fields },
        ...PROBES.map((probe) => ({ path: [...at, probe], value: member(container, probe), fields: PROBE })),
      ];
    }),
  );
}
