import { z } from 'zod';
import { canonicalCapability } from './capabilities.ts';
import { pathProblem } from './paths.ts';
import type { Path } from './pointer.ts';

/** The kinds of overrides, as Cedar policies see them in `resource.category`. */
const OVERRIDE_CATEGORIES = ['binary', 'capability', 'container', 'pod', 'profile', 'workload'] as const;
/** The kind of an override. */
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
  /** The path of the value that asks for it, from the root of the document. */
  readonly path: Path;
}

/** The overrides of a container that have no value: each relaxes one field of its security context. */
export const CONTAINER_OVERRIDES = [
  'privileged',
  'allowPrivilegeEscalation',
  'runAsRoot',
  'runAsRootGroup',
  'readWriteRootFilesystem',
  'windowsHostProcess',
];
/** The overrides of a whole pod, each the name of a switch in its spec. */
export const POD_OVERRIDES = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'shareProcessNamespace',
  'automountServiceAccountToken',
];
/** The overrides of a profile that have a fixed value. */
export const PROFILE_OVERRIDES = [
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

/**
 * The category of an override id; undefined when there is no such override.
 *
 * @example
 * overrideCategory('capability:NET_ADMIN'); // => 'capability'
 * overrideCategory('hostNetwork'); // => 'pod'
 * overrideCategory('capability:net_admin'); // => undefined
 */
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
