import { z } from 'zod';
import { type BinaryRequest, containerBinaries } from './binaries.ts';
import { canonicalCapability } from './capabilities.ts';
import { pathProblem } from './paths.ts';
import { compareText, type Path } from './pointer.ts';
import { retainedCapabilities } from './posture.ts';
import { type Container, type DirectOverride, securityPlace, type Workload } from './workload.ts';

/** The kinds of override a Cedar policy can speak of as `resource.category`. */
export const OVERRIDE_CATEGORIES = [
  'binary',
  'capability',
  'container',
  'pod',
  'profile',
  'workload',
] as const;
export const CategorySchema = z.enum(OVERRIDE_CATEGORIES).meta({
  id: 'OverrideCategory',
  description: 'The kind of an override, as Cedar policies see it in `resource.category`.',
  examples: ['binary'],
});

/** One relaxation that a Cedar policy must permit (specification, "SecurityOverrideRequest"). */
export interface SecurityOverride {
  /** E.g. `allowedBinary:/usr/bin/curl`, `capability:NET_ADMIN`, `hostNetwork`. */
  readonly id: string;
  readonly category: z.output<typeof CategorySchema>;
  /** The container that asks; undefined for a pod-level override. */
  readonly container: string | undefined;
  readonly image: string | undefined;
  /** True when it was inferred rather than declared. */
  readonly implicit: boolean;
  /** The value that asks for it. */
  readonly path: Path;
}

/** What a policy set can ask for beyond the specification. */
export interface OverrideSettings {
  /** Ask for a permit for auto-detected entrypoints too. */
  readonly authorizeEntrypoints: boolean;
}

const CONTAINER_OVERRIDES = [
  'privileged',
  'allowPrivilegeEscalation',
  'runAsRoot',
  'runAsRootGroup',
  'readWriteRootFilesystem',
  'windowsHostProcess',
];
const POD_OVERRIDES = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'shareProcessNamespace',
  'automountServiceAccountToken',
];
const PROFILE_OVERRIDES = [
  'seccomp:Unconfined',
  'seccomp:Localhost',
  'apparmor:Unconfined',
  'apparmor:Localhost',
  'procMount:Unmasked',
];

/** An SELinux type, user or role: `seLinux:spc_t`, `seLinux:user:system_u`. */
const SELINUX = /^seLinux:(?:(?:user|role):)?[A-Za-z0-9_.-]{1,253}$/;
/** An object of a kind that we do not know, by its API group and kind: `unjudgedWorkload:argoproj.io/Rollout`. */
const UNJUDGED = /^unjudgedWorkload:[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/[A-Za-z][A-Za-z0-9]{0,62}$/;

/** The category of an override id; undefined when there is no such override. */
export function overrideCategory(id: string): SecurityOverride['category'] | undefined {
  const [, kind, value] = /^(allowedBinary|capability):(.*)$/s.exec(id) ?? [];
  if (kind === 'allowedBinary' && value !== undefined) {
    return value === '*' || pathProblem(value) === undefined ? 'binary' : undefined;
  }
  if (kind === 'capability' && value !== undefined)
    return canonicalCapability(value) === value ? 'capability' : undefined;
  if (CONTAINER_OVERRIDES.includes(id)) return 'container';
  if (POD_OVERRIDES.includes(id)) return 'pod';
  if (UNJUDGED.test(id)) return 'workload';
  return PROFILE_OVERRIDES.includes(id) || SELINUX.test(id) ? 'profile' : undefined;
}

/**
 * Every override a workload asks for, each distinct one once per container, sorted by id and container.
 */
export function securityOverrides(workload: Workload, settings: OverrideSettings): SecurityOverride[] {
  // What Tetragon cannot watch has no allowlist that could be widened.
  const { binaries } = workload.unenforced === undefined ? containerBinaries(workload) : { binaries: [] };
  const overrides = [
    ...binaries.flatMap(({ container, declared, entrypoints, implicitWildcard }) => [
      ...declared.map((request) => binaryOverride(container, request, false)),
      ...(implicitWildcard === undefined
        ? []
        : [binaryOverride(container, { binary: '*', path: implicitWildcard }, true)]),
      ...(settings.authorizeEntrypoints
        ? entrypoints.map((request) => binaryOverride(container, request, true))
        : []),
    ]),
    ...workload.containers.flatMap(containerOverrides),
    ...workload.pod.flatMap(({ name, value, path }): SecurityOverride[] =>
      value && POD_OVERRIDES.includes(name)
        ? [{ id: name, category: 'pod', container: undefined, image: undefined, implicit: false, path }]
        : [],
    ),
    ...workload.asks.flatMap((asked) => directOverride(asked, undefined)),
  ];
  const distinct = new Map<string, SecurityOverride>();
  for (const override of overrides) {
    const key = `${override.container ?? ''}\n${override.id}`;
    if (!distinct.has(key)) distinct.set(key, override);
  }
  return [...distinct.values()].sort(
    (a, b) => compareText(a.id, b.id) || compareText(a.container ?? '', b.container ?? ''),
  );
}

function binaryOverride(
  container: Container,
  { binary, path }: BinaryRequest,
  implicit: boolean,
): SecurityOverride {
  return {
    id: `allowedBinary:${binary}`,
    category: 'binary',
    container: container.name,
    image: container.image,
    implicit,
    path,
  };
}

function directOverride({ id, path }: DirectOverride, container: Container | undefined): SecurityOverride[] {
  const category = overrideCategory(id);
  // A reader that asks for what there is not would ask for nothing.
  if (category === undefined) throw new RangeError(`There is no override ${id}.`);
  return [{ id, category, container: container?.name, image: container?.image, implicit: false, path }];
}

function containerOverrides(container: Container): SecurityOverride[] {
  const { security, name, image } = container;
  const ask = (
    category: SecurityOverride['category'],
    id: string,
    field: string,
    ...steps: Path
  ): SecurityOverride => ({
    id,
    category,
    container: name,
    image,
    implicit: false,
    path: securityPlace(container, field, ...steps),
  });
  const overrides: SecurityOverride[] = [];
  security.capabilitiesAdd.forEach((capability, index) => {
    overrides.push(ask('capability', `capability:${capability}`, 'capabilities', 'add', index));
  });
  // A privileged container has every capability, whatever it drops: it asks for that.
  if (security.capabilitiesDrop !== undefined && !security.privileged) {
    for (const capability of retainedCapabilities(security.capabilitiesDrop)) {
      overrides.push(ask('capability', `capability:${capability}`, 'capabilities', 'drop'));
    }
  }
  if (security.privileged) overrides.push(ask('container', 'privileged', 'privileged'));
  if (security.allowPrivilegeEscalation)
    overrides.push(ask('container', 'allowPrivilegeEscalation', 'allowPrivilegeEscalation'));
  if (security.runAsNonRoot === false) overrides.push(ask('container', 'runAsRoot', 'runAsNonRoot'));
  if (security.runAsUser === 0) overrides.push(ask('container', 'runAsRoot', 'runAsUser'));
  if (security.runAsGroup === 0) overrides.push(ask('container', 'runAsRootGroup', 'runAsGroup'));
  if (security.readOnlyRootFilesystem === false)
    overrides.push(ask('container', 'readWriteRootFilesystem', 'readOnlyRootFilesystem'));
  for (const [prefix, type, field] of [
    ['seccomp', security.seccompProfile, 'seccompProfile'],
    ['apparmor', security.appArmorProfile, 'appArmorProfile'],
  ] as const) {
    if (type === 'Unconfined' || type === 'Localhost')
      overrides.push(ask('profile', `${prefix}:${type}`, field, 'type'));
  }
  return [...overrides, ...container.asks.flatMap((asked) => directOverride(asked, container))];
}
