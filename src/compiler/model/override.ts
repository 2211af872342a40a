import { z } from 'zod';
import { canonicalCapability } from './capabilities.ts';
import { isCanonicalHostPath } from './host-path.ts';
import { pathProblem } from './paths.ts';
import type { Path } from './pointer.ts';
import { canonicalHost } from './probe-hosts.ts';
import { canonicalSysctl } from './sysctls.ts';

/** The kinds of overrides, as Cedar policies see them in `resource.category`. */
const OVERRIDE_CATEGORIES = [
  'binary',
  'capability',
  'container',
  'kernel',
  'network',
  'pod',
  'profile',
  'volume',
  'workload',
] as const;
/** The kind of an override. */
export const CategorySchema = z.enum(OVERRIDE_CATEGORIES).meta({
  id: 'OverrideCategory',
  description: 'The kind of an override, as Cedar policies see it in `resource.category`.',
  examples: ['binary'],
});

type Category = z.output<typeof CategorySchema>;

/** One relaxation that a Cedar policy must permit (specification, "SecurityOverrideRequest"). */
export interface SecurityOverride {
  /** E.g. `allowedBinary:/usr/bin/curl`, `capability:NET_ADMIN`, `hostNetwork`. */
  readonly id: string;
  readonly category: Category;
  /** The container that asks; undefined for a pod-level override. */
  readonly container: string | undefined;
  readonly image: string | undefined;
  /** True when it was inferred rather than declared. */
  readonly implicit: boolean;
  /** Of `hostPath:<path>` alone: whether the pod can only read there. It does not follow from the id. */
  readonly readOnly?: boolean | undefined;
  /** The path of the value that asks for it, from the root of the document. */
  readonly path: Path;
}

/** The overrides of a container that have no value. Most relax one field of its security context. */
export const CONTAINER_OVERRIDES = [
  'privileged',
  'allowPrivilegeEscalation',
  'runAsRoot',
  'runAsRootGroup',
  'readWriteRootFilesystem',
  'windowsHostProcess',
  'ephemeralContainer',
];
/** The overrides of a whole pod that are switches in its spec. */
export const POD_OVERRIDES = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'shareProcessNamespace',
  'automountServiceAccountToken',
];
/** The override of a pod whose processes are in group 0 besides their own. */
export const ROOT_GROUP_OVERRIDE = 'supplementalGroup:0';
/** The overrides of a profile that have a fixed value. */
export const PROFILE_OVERRIDES = [
  'seccomp:Unconfined',
  'seccomp:Localhost',
  'apparmor:Unconfined',
  'apparmor:Localhost',
  'procMount:Unmasked',
];

/** The overrides of a container and of a pod that have a fixed value behind a colon, or none. */
const FIXED: ReadonlyMap<string, Category> = new Map([
  ...CONTAINER_OVERRIDES.map((id): [string, Category] => [id, 'container']),
  ...POD_OVERRIDES.map((id): [string, Category] => [id, 'pod']),
  ...PROFILE_OVERRIDES.map((id): [string, Category] => [id, 'profile']),
  [ROOT_GROUP_OVERRIDE, 'pod'],
]);

/** An SELinux type, user or role: `spc_t`, `user:system_u`. */
const SELINUX = /^(?:(?:user|role):)?[A-Za-z0-9_.-]{1,253}$/;
/** An object of a kind that we do not know, by its API group and kind: `argoproj.io/Rollout`. */
const UNJUDGED = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/[A-Za-z][A-Za-z0-9]{0,62}$/;
/** The number of a port. */
const PORT = /^(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/;
/** The name of a field of the API, which a type of volumes is. */
const FIELD = /^[A-Za-z][A-Za-z0-9]{0,62}$/;

/** Whether a text is a name that a person can see: of an audience of a token, or of a user. */
function isNamed(text: string): boolean {
  return text.length <= 1_024 && /^[^\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufeff]+$/u.test(text);
}

/** The overrides that have a value behind a colon: their category, and which values there are. */
const VALUED: Readonly<Record<string, { category: Category; takes(value: string): boolean }>> = {
  allowedBinary: {
    category: 'binary',
    takes: (value) => value === '*' || pathProblem(value) === undefined,
  },
  capability: { category: 'capability', takes: (value) => canonicalCapability(value) === value },
  windowsUser: { category: 'container', takes: (value) => isNamed(value) && value === value.toLowerCase() },
  hostPath: { category: 'volume', takes: isCanonicalHostPath },
  hostPort: { category: 'network', takes: (value) => PORT.test(value) },
  hostProbe: { category: 'network', takes: (value) => canonicalHost(value) === value },
  seLinux: { category: 'profile', takes: (value) => SELINUX.test(value) },
  sysctl: { category: 'kernel', takes: (value) => canonicalSysctl(value) === value },
  unjudgedWorkload: { category: 'workload', takes: (value) => UNJUDGED.test(value) },
  volume: { category: 'volume', takes: (value) => FIELD.test(value) },
};

/** Whether an override is that of a directory or file of the node, `hostPath:<path>`. */
export function isHostPath(id: string): boolean {
  return id.startsWith('hostPath:');
}

/**
 * The category of an override id; undefined when there is no such override.
 *
 * @example
 * overrideCategory('capability:NET_ADMIN'); // => 'capability'
 * overrideCategory('hostPath:/var/log'); // => 'volume'
 * overrideCategory('capability:net_admin'); // => undefined
 */
export function overrideCategory(id: string): Category | undefined {
  const fixed = FIXED.get(id);
  if (fixed !== undefined) return fixed;
  const [, kind = '', value = ''] = /^([A-Za-z]+):(.*)$/s.exec(id) ?? [];
  const valued = Object.hasOwn(VALUED, kind) ? VALUED[kind] : undefined;
  return valued?.takes(value) === true ? valued.category : undefined;
}
