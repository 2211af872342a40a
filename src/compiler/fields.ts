import { distance } from 'fastest-levenshtein';
import type { Path } from './pointer.ts';

/** The kinds of mapping in a LatticeService whose keys matter to security. */
export type FieldSet = 'root' | 'spec' | 'workload' | 'runtime' | 'container' | 'probe';

/** The pod-level switches we read, wherever a LatticeService may hold them. */
export const POD_FLAGS = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostUsers',
  'shareProcessNamespace',
  'automountServiceAccountToken',
] as const;

/** The keys we read. A key that is nearly one of these is a misspelling, and would be a hole. */
const READ: Record<FieldSet, readonly string[]> = {
  root: ['apiVersion', 'kind', 'metadata', 'spec'],
  spec: ['workload', 'runtime', ...POD_FLAGS],
  workload: ['containers', 'initContainers', ...POD_FLAGS],
  runtime: ['sidecars', ...POD_FLAGS],
  container: [
    'command',
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
    'securityContext',
    'security',
  ],
  probe: ['exec'],
};

/** Keys that are known and rightly not read, where the set is closed enough to name them. */
const PASSED: Partial<Record<FieldSet, readonly string[]>> = {
  root: ['status'],
  container: [
    'args',
    'env',
    'envFrom',
    'files',
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
    'terminationMessagePath',
    'terminationMessagePolicy',
    'tty',
    'variables',
    'volumeDevices',
    'volumeMounts',
    'volumes',
    'workingDir',
  ],
  probe: [
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

/** Keys with a meaning for security, and the one place where they are read. */
const BELONGS: readonly { readonly keys: readonly string[]; readonly place: string }[] = [
  {
    keys: [
      'allowedBinaries',
      'readOnlyRootFilesystem',
      'runAsNonRoot',
      'runAsUser',
      'runAsGroup',
      'capabilities',
      'privileged',
      'allowPrivilegeEscalation',
      'seccompProfile',
      'appArmorProfile',
    ],
    place: "a container's securityContext",
  },
  { keys: ['workload', 'runtime'], place: 'spec' },
  { keys: ['securityContext', 'security'], place: 'a container' },
  { keys: ['containers', 'initContainers'], place: 'spec.workload' },
  { keys: ['sidecars'], place: 'spec.runtime' },
  { keys: ['ephemeralContainers'], place: 'no LatticeService' },
  { keys: POD_FLAGS, place: 'spec.runtime' },
];

/** A key that is not one we know, where it stands, and in what kind of mapping. */
export interface UnknownKey {
  readonly path: Path;
  readonly key: string;
  readonly fields: FieldSet;
}

/** Every key of a LatticeService that we neither read nor know to pass, outside security contexts. */
export function unknownKeys(service: unknown): UnknownKey[] {
  const found: UnknownKey[] = [];
  const spec = member(service, 'spec');
  collect(found, service, [], 'root');
  collect(found, spec, ['spec'], 'spec');
  collect(found, member(spec, 'workload'), ['spec', 'workload'], 'workload');
  collect(found, member(spec, 'runtime'), ['spec', 'runtime'], 'runtime');
  for (const [place, key] of [
    ['workload', 'containers'],
    ['workload', 'initContainers'],
    ['runtime', 'sidecars'],
  ] as const) {
    const group = member(member(spec, place), key);
    const entries = Array.isArray(group)
      ? [...group.entries()]
      : isMapping(group)
        ? Object.entries(group)
        : [];
    for (const [name, container] of entries) {
      const path = ['spec', place, key, name];
      collect(found, container, path, 'container');
      for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
        collect(found, member(container, probe), [...path, probe], 'probe');
      }
    }
  }
  return found;
}

function collect(found: UnknownKey[], value: unknown, path: Path, fields: FieldSet): void {
  if (!isMapping(value)) return;
  for (const key of Object.keys(value)) {
    if (!READ[fields].includes(key) && PASSED[fields]?.includes(key) !== true)
      found.push({ path, key, fields });
  }
}

/** Why an unknown key must not pass: it is misspelt, or stands where nothing reads it. */
export function misplacedKey({ key, fields }: UnknownKey): string | undefined {
  const folded = fold(key);
  const meant = READ[fields].find((known) => distance(folded, fold(known)) <= 2);
  if (meant !== undefined) return `Unknown field ${JSON.stringify(key)}. Did you mean ${meant}?`;
  const belongs = BELONGS.find(({ keys }) => keys.some((known) => fold(known) === folded));
  if (belongs === undefined) return undefined;
  return `The field ${JSON.stringify(key)} is not read here; it belongs in ${belongs.place}.`;
}

/** Annotations by which Kubernetes once took security profiles, past the security context. */
const PROFILE_ANNOTATIONS = [
  'container.apparmor.security.beta.kubernetes.io/',
  'seccomp.security.alpha.kubernetes.io/',
  'container.seccomp.security.alpha.kubernetes.io/',
];

/** The annotations of a service that would set a security profile where no policy sees it. */
export function profileAnnotations(service: unknown): string[] {
  const annotations = member(member(service, 'metadata'), 'annotations');
  if (!isMapping(annotations)) return [];
  return Object.keys(annotations).filter((key) =>
    PROFILE_ANNOTATIONS.some((prefix) => key.startsWith(prefix)),
  );
}

function fold(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, key: string): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
