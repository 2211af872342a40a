import { distance } from 'fastest-levenshtein';
import { LIMITS } from '../model/limits.ts';
import type { Path } from '../model/pointer.ts';
import { POD_FLAGS } from '../model/workload.ts';
import type { Report } from './report.ts';

/** The keys of one kind of mapping. */
interface Fields {
  /** What we read. A key that is nearly one of these is a misspelling, and would be a hole. */
  readonly read: readonly string[];
  /** What is known and rightly not read. */
  readonly passed: readonly string[];
  /** Whether other keys are somebody else's matter: they pass without a notice. */
  readonly open?: true;
}

/** A mapping whose keys matter to security, and where it stands. */
interface Place {
  readonly path: Path;
  readonly value: unknown;
  readonly fields: Fields;
}

const ROOT: Fields = { read: ['apiVersion', 'kind', 'metadata', 'spec'], passed: ['status'] };

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

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];

const NATIVE_CONTAINER: Fields = {
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

const LATTICE_CONTAINER: Fields = {
  read: [...NATIVE_CONTAINER.read, 'security'],
  passed: [...NATIVE_CONTAINER.passed, 'files', 'variables', 'volumes'],
};

const NATIVE_POD: Fields = {
  read: ['containers', 'initContainers', 'ephemeralContainers', 'securityContext', ...POD_FLAGS],
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

/** The specs of workloads hold much that is not ours: only what is misspelt or misplaced matters. */
const open = (...read: readonly string[]): Fields => ({ read, passed: [], open: true });

/** Keys with a meaning for security, and the one place where they are read. */
interface Belonging {
  readonly keys: readonly string[];
  readonly place: string;
}

/** What a security context says of a container. */
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

/** Where the keys of a Lattice document belong. */
export const LATTICE_BELONGS: readonly Belonging[] = [
  { keys: ['allowedBinaries', ...SECURITY_KEYS], place: "a container's securityContext" },
  { keys: ['workload', 'runtime'], place: 'spec' },
  { keys: ['securityContext', 'security'], place: 'a container' },
  { keys: ['containers', 'initContainers'], place: 'spec.workload' },
  { keys: ['sidecars'], place: 'spec.runtime' },
  { keys: ['ephemeralContainers'], place: 'no Lattice document' },
  { keys: POD_FLAGS, place: 'spec.runtime' },
];

/** Where the keys of a Kubernetes workload belong. */
export const NATIVE_BELONGS: readonly Belonging[] = [
  { keys: SECURITY_KEYS, place: 'a securityContext' },
  {
    keys: ['allowedBinaries'],
    place: 'the annotation runtime.lattice.dev/allowed-binaries of the pod template',
  },
  { keys: ['securityContext'], place: "the pod's spec, or a container" },
  { keys: ['containers', 'initContainers', 'ephemeralContainers', ...POD_FLAGS], place: "the pod's spec" },
];

/** The mappings of a Lattice document whose keys matter. */
export function latticePlaces(document: unknown): Place[] {
  const spec = member(document, 'spec');
  const at = ['spec'];
  const units = (key: string, ...read: readonly string[]): Place[] =>
    entries(member(spec, key)).map(([name, value]) => ({
      path: [...at, key, name],
      value,
      fields: open(...read, ...POD_FLAGS),
    }));
  const tasks = units('tasks', 'workload', 'runtime', 'sidecars');
  const roles = units('roles', 'entryWorkload', 'entryRuntime', 'workerWorkload', 'workerRuntime');
  const holders = [{ path: at, value: spec }, ...tasks, ...roles];
  const among = (keys: readonly string[]): { path: Path; value: unknown }[] =>
    holders.flatMap(({ path, value }) =>
      keys.map((key) => ({ path: [...path, key], value: member(value, key) })),
    );
  const workloads = among(['workload', 'entryWorkload', 'workerWorkload']);
  const runtimes = among(['runtime', 'entryRuntime', 'workerRuntime']);
  return [
    { path: [], value: document, fields: ROOT },
    { path: at, value: spec, fields: open('workload', 'runtime', ...POD_FLAGS) },
    ...tasks,
    ...roles,
    ...workloads.map((place) => ({ ...place, fields: open('containers', 'initContainers', ...POD_FLAGS) })),
    ...runtimes.map((place) => ({ ...place, fields: open('sidecars', ...POD_FLAGS) })),
    ...workloads.flatMap((place) =>
      containerPlaces(place, ['containers', 'initContainers'], LATTICE_CONTAINER),
    ),
    ...[...runtimes, ...tasks].flatMap((place) => containerPlaces(place, ['sidecars'], LATTICE_CONTAINER)),
  ];
}

/** The mappings of a Kubernetes workload whose keys matter. `template` leads to its pod template. */
export function nativePlaces(document: unknown, template: Path): Place[] {
  const [first] = template;
  const root = first === undefined ? ROOT : { ...ROOT, read: [...ROOT.read, String(first)] };
  const places: Place[] = [{ path: [], value: document, fields: root }];
  let value = document;
  for (const [depth, step] of template.entries()) {
    value = member(value, String(step));
    const next = template[depth + 1];
    const read = next === undefined ? ['metadata', 'spec'] : [String(next), 'selector'];
    places.push({ path: template.slice(0, depth + 1), value, fields: open(...read) });
  }
  const pod = { path: [...template, 'spec'], value: member(value, 'spec') };
  return [
    ...places,
    { ...pod, fields: NATIVE_POD },
    ...containerPlaces(pod, ['containers', 'initContainers', 'ephemeralContainers'], NATIVE_CONTAINER),
  ];
}

function containerPlaces(
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

/** Reports security fields that stand where nothing reads them, and names unknown fields. */
export function checkFieldPlaces(
  report: Report,
  places: readonly Place[],
  belongs: readonly Belonging[],
): void {
  const unknowns = places.flatMap(({ path, value, fields }) =>
    isMapping(value)
      ? Object.keys(value)
          .filter((key) => !fields.read.includes(key) && !fields.passed.includes(key))
          .map((key) => ({ path: [...path, key], key, fields }))
      : [],
  );
  if (unknowns.length > LIMITS.faults) {
    report.fault([], `There are ${unknowns.length} unknown fields; at most ${LIMITS.faults} are let pass.`);
    return;
  }
  for (const { path, key, fields } of unknowns) {
    const message = misplaced(key, fields, belongs);
    if (message !== undefined) report.fault(path, message);
    else if (fields.open !== true) {
      report.note(
        'UnknownField',
        path,
        `The field ${JSON.stringify(key)} is not one we know; it had no effect on the compilation.`,
      );
    }
  }
}

/** Why an unknown key must not pass: it is misspelt, or stands where nothing reads it. */
function misplaced(key: string, fields: Fields, belongs: readonly Belonging[]): string | undefined {
  const folded = fold(key);
  const meant = fields.read.find((known) => distance(folded, fold(known)) <= 2);
  if (meant !== undefined) return `Unknown field ${JSON.stringify(key)}. Did you mean ${meant}?`;
  const belonging = belongs.find(({ keys }) => keys.some((known) => fold(known) === folded));
  if (belonging === undefined) return undefined;
  return `The field ${JSON.stringify(key)} is not read here; it belongs in ${belonging.place}.`;
}

/** Annotations by which Kubernetes once took AppArmor profiles: the API server puts them into the field. */
export const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';
/** Annotations by which it took seccomp profiles: it has not read them since version 1.27. */
export const SECCOMP_ANNOTATIONS = [
  'seccomp.security.alpha.kubernetes.io/',
  'container.seccomp.security.alpha.kubernetes.io/',
];
const PROFILE_ANNOTATIONS = [APPARMOR, ...SECCOMP_ANNOTATIONS];

/** The annotations that would set a security profile where no policy sees it. */
export function profileAnnotations(annotations: unknown): string[] {
  if (!isMapping(annotations)) return [];
  return Object.keys(annotations).filter((key) =>
    PROFILE_ANNOTATIONS.some((prefix) => key.startsWith(prefix)),
  );
}

function fold(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The items of a list or the members of a mapping, each with its index or key. */
export function entries(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return isMapping(value) ? Object.entries(value) : [];
}

/** Whether a value is a mapping. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of a mapping, if it is one and has it. */
export function member(value: unknown, key: string): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
