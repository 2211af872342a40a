import { allowlistNotices } from './allowlist-notices.ts';
import { type ContainerBinaries, containerBinaries, unionAllowlist } from './binaries.ts';
import type { Notice, NoticeCode } from './faults.ts';
import { withMergedUsr } from './merged-usr.ts';
import type { CompileOptions } from './options.ts';
import { compareText, type Path, toPointer } from './pointer.ts';
import { allowBinaries } from './policies/allow-binaries.ts';
import { blockCapset } from './policies/block-capset.ts';
import { blockRootfsWrite } from './policies/block-rootfs-write.ts';
import { blockSetuid } from './policies/block-setuid.ts';
import type { Target } from './policies/selectors.ts';
import { formerPolicyName, type PolicyIdentity, policyName } from './policy-names.ts';
import {
  aggregate,
  allowedCapabilities,
  type Hardening,
  nonRootStance,
  rootfsStance,
  type Stance,
} from './posture.ts';
import { type Kprobe, type LabelSelector, MANAGED_BY, type Manifest } from './tracing-policy.ts';
import { type Container, securityPlace, type Workload, workloadId } from './workload.ts';

/** What a workload compiles to. */
export interface Compiled {
  /** In a fixed order; the same workload and options give the same bytes. */
  readonly manifests: readonly Manifest[];
  readonly notices: readonly Notice[];
  /** Labels its pod template must carry for the policies to apply (`layout: shared`). */
  readonly podLabels: Readonly<Record<string, string>>;
}

/** The policies of the specification, in the order in which they are emitted. */
type PolicyName = 'allow-binaries' | 'block-rootfs-write' | 'block-setuid' | 'block-capset';

/** One policy that a group of containers needs. */
interface Requirement {
  readonly policy: PolicyName;
  kprobes(target: Target): Kprobe[];
  /** For `layout: shared`: the label that selects pods of the same need, and what sets this need apart. */
  readonly shared?: { readonly label: string; readonly variant: readonly string[] };
}

/** The containers that one set of policies covers: the pod's, or a single one. */
interface Group {
  readonly container: string | undefined;
  readonly binaries: readonly ContainerBinaries[];
}

/**
 * Compiles a workload whose overrides have been authorized into Tetragon policies. Pure: no I/O, no
 * clock, no randomness. What each policy is and why: README, "Where the manifests differ".
 *
 * @param annotations What every manifest says of where it comes from.
 */
export function compile(
  workload: Workload,
  options: CompileOptions,
  annotations: Readonly<Record<string, string>> = {},
): Compiled {
  if (workload.unenforced !== undefined) return { manifests: [], notices: [], podLabels: {} };
  const { binaries, notices } = containerBinaries(workload);
  const all = [...notices, ...allowlistNotices(workload, options)];
  const note = (code: NoticeCode, message: string, path: Path, container?: string): void => {
    all.push({
      code,
      service: workloadId(workload),
      ...(container === undefined ? {} : { container }),
      message,
      document: workload.source.document,
      path,
    });
  };
  const guard = runtimeGuard(workload, note);
  const groups: Group[] =
    options.scope === 'pod'
      ? [{ container: undefined, binaries }]
      : binaries
          .map((entry) => ({ container: entry.container.name, binaries: [entry] }))
          .sort((a, b) => compareText(a.container, b.container));
  const podLabels: Record<string, string> = {};
  const policies = groups.flatMap((group) => {
    const requirements = requirementsOf(workload, group, options, note);
    return layOut(workload, group, requirements, options, guard, podLabels);
  });
  noteRenamed(policies, note, workload.source.path);
  const manifests = policies.map(({ manifest }) => annotate(manifest, annotations));
  return { manifests, notices: all.sort(compareNotices), podLabels };
}

function annotate(manifest: Manifest, annotations: Readonly<Record<string, string>>): Manifest {
  if (Object.keys(annotations).length === 0) return manifest;
  const added = { annotations: { ...annotations } };
  return manifest.kind === 'TracingPolicy'
    ? { ...manifest, metadata: { ...manifest.metadata, ...added } }
    : { ...manifest, metadata: { ...manifest.metadata, ...added } };
}

/** How many former names a notice lists. */
const NAMED = 12;

/** For one release: what was applied under a former name goes on until somebody deletes it. */
function noteRenamed(policies: readonly Named[], note: Note, path: Path): void {
  const former = policies.flatMap(({ identity, manifest }) => {
    const name = formerPolicyName(identity);
    return name === manifest.metadata.name ? [] : [name];
  });
  if (former.length === 0) return;
  const more = former.length <= NAMED ? '' : ` and ${former.length - NAMED} more`;
  note(
    'PolicyRenamed',
    `Policies have other names than before. If the former ones are in the cluster, delete them once the new ones are: ${former.slice(0, NAMED).join(', ')}${more}.`,
    path,
  );
}

type Note = (code: NoticeCode, message: string, path: Path, container?: string) => void;

function runtimeGuard(workload: Workload, note: Note): boolean {
  const hostPid = workload.pod.find(({ name, value }) => name === 'hostPID' && value);
  if (hostPid !== undefined) {
    note(
      'HostPidGuardOmitted',
      'The pod shares the PID namespace of the host, so its policies cannot spare the container runtime by namespace: the runtime guard is left out, and the policies apply to the runtime in this pod too.',
      hostPid.path,
    );
  }
  return hostPid === undefined;
}

function requirementsOf(
  workload: Workload,
  { container, binaries }: Group,
  options: CompileOptions,
  note: Note,
): Requirement[] {
  const containers = binaries.map((entry) => entry.container);
  const requirements: Requirement[] = [];

  const union = unionAllowlist(binaries);
  if (union === undefined) {
    noteSkippedAllowlist(binaries, note);
  } else {
    const allowlist = options.mergedUsr ? [...withMergedUsr(union)].sort(compareText) : union;
    noteHooks(containers, new Set(allowlist), note);
    const { pathMatching } = options;
    requirements.push({
      policy: 'allow-binaries',
      kprobes: (target) => allowBinaries(target, { allowlist, pathMatching }),
    });
  }

  const rootfs = aggregate(containers, (each) => rootfsStance(each, options.unset));
  noteObstacles('block-rootfs-write', 'readOnlyRootFilesystem', rootfs, note);
  if (rootfs.enforced) {
    const magic = canonicalMagic(options.rootfsMagic);
    const variant = magic.length === 1 && magic[0] === OVERLAYFS ? [] : magic.map((value) => value.slice(2));
    requirements.push({
      policy: 'block-rootfs-write',
      kprobes: (target) => blockRootfsWrite(target, magic),
      shared: { label: 'read-only-rootfs', variant },
    });
  }

  const nonRoot = aggregate(containers, (each) => nonRootStance(each, options.unset));
  noteObstacles('block-setuid', 'runAsNonRoot', nonRoot, note);
  for (const each of containers) {
    const { security, name } = each;
    if (security.runAsNonRoot === true && security.runAsUser === 0) {
      note(
        'ContradictoryUser',
        'runAsNonRoot is true and runAsUser is 0: the kubelet will refuse to start this container.',
        securityPlace(each, 'runAsUser'),
        name,
      );
    }
  }
  if (nonRoot.enforced) {
    const ownUsers = workload.pod.find(({ name, value }) => name === 'hostUsers' && !value);
    if (ownUsers !== undefined) {
      note(
        'UserNamespaceSetuidSkipped',
        'The pod has a user namespace of its own (hostUsers: false), where no process has kernel uid 0: block-setuid is left out.',
        ownUsers.path,
        container,
      );
    } else {
      requirements.push({
        policy: 'block-setuid',
        kprobes: blockSetuid,
        shared: { label: 'run-as-non-root', variant: [] },
      });
    }
  }

  const allowed = allowedCapabilities(containers, options.unset);
  if (allowed === undefined) {
    const lifted = containers.filter(
      ({ security }) => security.privileged || security.capabilitiesAdd.includes('ALL'),
    );
    for (const { name, securityPath } of lifted) {
      note(
        'CapsetSkipped',
        `The container ${name} may hold every capability, so block-capset is left out.`,
        securityPath,
        name,
      );
    }
  } else {
    requirements.push({
      policy: 'block-capset',
      kprobes: (target) => blockCapset(target, allowed),
      shared: { label: 'allowed-capabilities', variant: [allowed === 0n ? 'none' : allowed.toString(16)] },
    });
  }
  return requirements;
}

const OVERLAYFS = '0x794c7630';

/** One spelling and one order for the same filesystems. */
function canonicalMagic(magic: readonly string[]): string[] {
  return [...new Set(magic.map((value) => `0x${Number(value).toString(16).padStart(8, '0')}`))].sort(
    compareText,
  );
}

function noteSkippedAllowlist(binaries: readonly ContainerBinaries[], note: Note): void {
  if (binaries.length < 2) return;
  for (const { container, allowlist } of binaries) {
    if (allowlist !== undefined) continue;
    note(
      'BinaryPolicySkipped',
      `The container ${container.name} may run any binary, so the whole pod has no allowlist. scope=container keeps its neighbours restricted.`,
      container.path,
      container.name,
    );
  }
}

function noteHooks(containers: readonly Container[], allowlist: ReadonlySet<string>, note: Note): void {
  for (const { name, lifecycleBinaries } of containers) {
    for (const { binary, path } of lifecycleBinaries) {
      if (allowlist.has(binary)) continue;
      note(
        'LifecycleHookNotAllowed',
        `The lifecycle hook runs ${JSON.stringify(binary)}, which is not on the allowlist and will be killed. Add it to allowedBinaries.`,
        path,
        name,
      );
    }
  }
}

function noteObstacles(policy: PolicyName, field: string, { obstacles }: Hardening, note: Note): void {
  const says: Record<Stance, string> = { asked: '', relaxed: 'gives it up', silent: 'leaves it out' };
  for (const { container, stance } of obstacles) {
    note(
      'PolicySkippedForPod',
      `Another container asks for ${field} but ${container.name} ${says[stance]}, so the pod has no ${policy} policy. scope=container keeps it for the others.`,
      container.securityPath,
      container.name,
    );
  }
}

function layOut(
  workload: Workload,
  { container }: Group,
  requirements: readonly Requirement[],
  options: CompileOptions,
  guard: boolean,
  podLabels: Record<string, string>,
): Named[] {
  const subject = shorten(
    `service ${workloadId(workload)}${container === undefined ? '' : `, container ${container}`}`,
  );
  const own = (policy: string, kprobes: Kprobe[]): Named => {
    const identity = { policy, workload, container };
    return {
      identity,
      manifest: {
        apiVersion: 'cilium.io/v1alpha1',
        kind: 'TracingPolicyNamespaced',
        metadata: {
          name: policyName(identity),
          namespace: workload.namespace,
          labels: { ...MANAGED_BY },
        },
        spec: {
          podSelector: podSelectorOf(workload),
          ...commonSpec(container, options),
          kprobes,
        },
      },
    };
  };
  if (options.layout === 'merged') {
    const kprobes = requirements.flatMap((requirement) => requirement.kprobes({ subject, guard }));
    return kprobes.length === 0 ? [] : [own('runtime-enforcement', kprobes)];
  }
  return requirements.map((requirement) => {
    if (options.layout === 'per-policy' || requirement.shared === undefined)
      return own(requirement.policy, requirement.kprobes({ subject, guard }));
    return sharedPolicy(requirement, requirement.shared, container, options, guard, podLabels);
  });
}

/** The message of a hook holds 256 characters, and a name of a Kubernetes object may have nearly as many. */
function shorten(subject: string): string {
  return subject.length <= SUBJECT ? subject : `${subject.slice(0, SUBJECT - 3)}...`;
}

const SUBJECT = 160;

function podSelectorOf({ podSelector, kind }: Workload): LabelSelector {
  // Without a selector a policy would hold for every pod of the namespace.
  if (podSelector === undefined) throw new RangeError(`Nothing selects the pods of this ${kind}.`);
  const { matchLabels, matchExpressions } = podSelector;
  return {
    ...(matchLabels === undefined ? {} : { matchLabels: { ...matchLabels } }),
    ...(matchExpressions === undefined ? {} : { matchExpressions: structuredClone(matchExpressions) }),
  };
}

/** A policy with what its name is made of. */
interface Named {
  readonly identity: PolicyIdentity;
  readonly manifest: Manifest;
}

/**
 * A cluster policy that all pods of one label share. Everything that changes its content is in its name
 * and in the label's value, so that two services never overwrite each other's.
 */
function sharedPolicy(
  { policy, kprobes }: Requirement,
  { label, variant }: NonNullable<Requirement['shared']>,
  container: string | undefined,
  options: CompileOptions,
  guard: boolean,
  podLabels: Record<string, string>,
): Named {
  const parts = [
    ...(options.mode === 'monitor' ? ['monitor'] : []),
    ...(guard ? [] : ['host-pid']),
    ...variant,
  ];
  const value = parts.length === 0 ? 'true' : parts.join('.');
  const key = `${container === undefined ? '' : `${container}.`}lattice.dev/${label}`;
  podLabels[key] = value;
  const identity = { policy, variant: parts, container };
  return {
    identity,
    manifest: {
      apiVersion: 'cilium.io/v1alpha1',
      kind: 'TracingPolicy',
      metadata: { name: policyName(identity), labels: { ...MANAGED_BY } },
      spec: {
        podSelector: { matchLabels: { [key]: value } },
        ...commonSpec(container, options),
        kprobes: kprobes({ subject: `a pod labelled ${key}`, guard }),
      },
    },
  };
}

function commonSpec(
  container: string | undefined,
  { mode }: CompileOptions,
): Pick<Manifest['spec'], 'containerSelector' | 'options'> {
  const containerSelector: LabelSelector | undefined =
    container === undefined
      ? undefined
      : { matchExpressions: [{ key: 'name', operator: 'In', values: [container] }] };
  return {
    ...(containerSelector === undefined ? {} : { containerSelector }),
    ...(mode === 'monitor' ? { options: [{ name: 'policy-mode', value: 'monitor' }] } : {}),
  };
}

function compareNotices(a: Notice, b: Notice): number {
  return (
    compareText(a.code, b.code) ||
    compareText(a.container ?? '', b.container ?? '') ||
    compareText(a.message, b.message) ||
    compareText(toPointer(a.path), toPointer(b.path))
  );
}
