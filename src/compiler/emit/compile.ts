import { allowlistNotices } from '../derive/allowlist-notices.ts';
import { type ContainerBinaries, containerBinaries, unionAllowlist } from '../derive/binaries.ts';
import { withMergedUsr } from '../derive/merged-usr.ts';
import { assignedLabels } from '../derive/pod-selectors.ts';
import {
  aggregate,
  allowedCapabilities,
  type Hardening,
  nonRootStance,
  rootfsStance,
  type Stance,
} from '../derive/posture.ts';
import type { Notice, NoticeCode } from '../model/faults.ts';
import type { LabelSelector } from '../model/label-selector.ts';
import { MANAGED_BY } from '../model/managed-by.ts';
import { type CompileOptions, effectiveOptions } from '../model/options.ts';
import { compareText, type Path, toPointer } from '../model/pointer.ts';
import { type Container, securityPlace, type Workload, workloadId } from '../model/workload.ts';
import { enforcementAnnotations, policyOptions } from './enforcement.ts';
import { allowBinaries } from './policies/allow-binaries.ts';
import { blockCapset } from './policies/block-capset.ts';
import { blockRootfsWrite } from './policies/block-rootfs-write.ts';
import { blockSetuid } from './policies/block-setuid.ts';
import { formerPolicyName, type PolicyIdentity, policyName } from './policy-names.ts';
import type { Target } from './selectors.ts';
import type { Kprobe, Manifest } from './tracing-policy.ts';

/** A version of a policy set. */
export interface PermittedBy {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
}

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
  /** Whether some of its calls take effect although their process is killed. */
  readonly lasting?: boolean;
  /** What its manifest says of the options that made it. */
  readonly annotations?: Readonly<Record<string, string>>;
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
 * clock, no randomness. What each policy is and why: docs/manifests.md.
 *
 * @param permittedBy The version of a policy set that permitted its overrides, for manifests and messages.
 */
export function compile(given: Workload, options: CompileOptions, permittedBy?: PermittedBy): Compiled {
  const labels = assignedLabels(given);
  const workload = labels === undefined ? given : { ...given, podSelector: { matchLabels: labels } };
  if (workload.unenforced !== undefined) return { manifests: [], notices: [], podLabels: {} };
  const { binaries, notices } = containerBinaries(given);
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
  if (labels !== undefined) {
    note(
      'UnlabelledPods',
      `The pods of this ${workload.kind} have no labels, so no policy can select them. Its policies select those with ${Object.entries(labels).flat().join('=')}: add that label to them, as the label patch of the answer does, or give them labels of their own.`,
      [...workload.source.path, ...(workload.template?.metadata ?? [])],
    );
  }
  const guard = runtimeGuard(workload, note);
  const groups: Group[] =
    options.scope === 'pod'
      ? [{ container: undefined, binaries }]
      : binaries
          .map((entry) => ({ container: entry.container.name, binaries: [entry] }))
          .sort((a, b) => compareText(a.container, b.container));
  const podLabels: Record<string, string> = { ...labels };
  const policies = groups.flatMap((group) => {
    const requirements = requirementsOf(workload, group, options, guard, note);
    return layOut(workload, group, requirements, { options, guard, permittedBy }, podLabels);
  });
  noteRenamed(policies, note, workload.source.path);
  noteLasting(policies, options, note, workload.source.path);
  const manifests = policies.map(({ manifest }) => manifest);
  return { manifests, notices: all.sort(compareNotices), podLabels };
}

/** How the policies of a workload are to be. */
interface Order {
  readonly options: CompileOptions;
  /** Whether the runtime guard can be set. */
  readonly guard: boolean;
  readonly permittedBy: PermittedBy | undefined;
}

/** What a manifest says of where it comes from, and of the options that a reader of it should know. */
function annotationsOf(
  { options, permittedBy }: Order,
  requirements: readonly Requirement[],
  {
    kprobes,
    shared,
    container,
  }: { kprobes: readonly Kprobe[]; shared: boolean; container: string | undefined },
): Record<string, string> {
  const { mode, layout, unset } = options;
  return {
    ...(permittedBy === undefined
      ? {}
      : {
          'lattice.dev/policy-set': permittedBy.name,
          'lattice.dev/policy-set-version': String(permittedBy.version),
          'lattice.dev/policy-set-digest': permittedBy.digest,
        }),
    ...enforcementAnnotations(mode, kprobes),
    ...(layout === 'per-policy' ? {} : { 'lattice.dev/layout': layout }),
    ...(container === undefined ? {} : { 'lattice.dev/scope': 'container' }),
    // A shared policy is the same whatever led to it.
    ...(unset === 'declared' || shared ? {} : { 'lattice.dev/unset': unset }),
    ...Object.assign({}, ...requirements.map(({ annotations }) => annotations ?? {})),
  };
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
    `The names of these policies have changed. Apply the new ones, then delete those of the former names, where the cluster has them: ${former.slice(0, NAMED).join(', ')}${more}.`,
    path,
  );
}

/** Tells what the policies of one service leave of what a killed process did, unless it was asked for. */
function noteLasting(policies: readonly Named[], options: CompileOptions, note: Note, path: Path): void {
  if (options.action !== undefined || options.mode === 'monitor') return;
  const lasting = policies.filter((each) => each.lasting && each.manifest.kind === 'TracingPolicyNamespaced');
  if (lasting.length === 0) return;
  note(
    'KillLeavesEffects',
    'A process that writes to the root filesystem is killed, but the call takes effect: a file that it truncates, removes or renames stays so, and another process that shares its open files can still write. Where the root is mounted read-only the calls fail by themselves. action=deny or layout=shared makes them fail in any case, at the cost of kernel memory on every node.',
    path,
  );
}

type Note = (code: NoticeCode, message: string, path: Path, container?: string) => void;

function runtimeGuard(workload: Workload, note: Note): boolean {
  const hostPid = workload.pod.find(({ name, value }) => name === 'hostPID' && value);
  if (hostPid !== undefined) {
    note(
      'HostPidGuardOmitted',
      'The pod shares the PID namespace of the host, so its policies cannot spare the container runtime by namespace: the runtime guard is left out, and the policies apply to the runtime in this pod too. What would kill the runtime is left out: the watch over new, removed, renamed and truncated files of the root filesystem, and over file capabilities.',
      hostPid.path,
    );
  }
  return hostPid === undefined;
}

function requirementsOf(
  workload: Workload,
  { container, binaries }: Group,
  options: CompileOptions,
  guard: boolean,
  note: Note,
): Requirement[] {
  const containers = binaries.map((entry) => entry.container);
  const requirements: Requirement[] = [];

  const union = unionAllowlist(binaries);
  if (union === undefined) {
    noteSkippedAllowlist(binaries, note);
  } else if (!guard) {
    note(
      'HostPidAllowlistSkipped',
      'The pod shares the PID namespace of the host, where an allowlist would kill the container runtime too: allow-binaries is left out, and any binary may run.',
      workload.pod.find(({ name }) => name === 'hostPID')?.path ?? workload.source.path,
      container,
    );
  } else {
    const allowlist = options.mergedUsr ? [...withMergedUsr(union)].sort(compareText) : union;
    noteHooks(containers, new Set(allowlist), note);
    const { pathMatching } = options;
    requirements.push({
      policy: 'allow-binaries',
      kprobes: (target) => allowBinaries(target, { allowlist, pathMatching }),
      annotations: {
        'lattice.dev/path-matching': pathMatching,
        ...(options.mergedUsr ? { 'lattice.dev/merged-usr': 'true' } : {}),
      },
    });
  }

  const obstructs = OBSTRUCTING[workload.dialect];
  const rootfs = aggregate(containers, obstructs, (each) => rootfsStance(each, options.unset));
  noteObstacles('block-rootfs-write', 'readOnlyRootFilesystem', rootfs, note);
  if (rootfs.enforced) {
    const magic = canonicalMagic(options.rootfsMagic);
    const usual = magic.length === 1 && magic[0] === OVERLAYFS;
    const variant = usual ? [] : magic.map((value) => value.slice(2));
    requirements.push({
      policy: 'block-rootfs-write',
      kprobes: (target) => blockRootfsWrite(target, magic),
      lasting: true,
      ...(usual ? {} : { annotations: { 'lattice.dev/rootfs-magic': magic.join(',') } }),
      shared: { label: 'read-only-rootfs', variant },
    });
  }

  const nonRoot = aggregate(containers, obstructs, (each) => nonRootStance(each, options.unset));
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

  const asked = allowedCapabilities(containers, options.unset);
  // Whatever unset= says, what a Kubernetes container does not drop is what the runtime gives it.
  const held = allowedCapabilities(
    containers,
    workload.dialect === 'kubernetes' ? 'declared' : options.unset,
  );
  if (asked === undefined || held === undefined) {
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
      kprobes: (target) => blockCapset(target, { asked, held }),
      shared: {
        label: 'allowed-capabilities',
        variant: [maskWord(asked), ...(held === asked ? [] : [`held-${maskWord(held)}`])],
      },
    });
  }
  return requirements;
}

function maskWord(mask: bigint): string {
  return mask === 0n ? 'none' : mask.toString(16);
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

/** What a container may say so that the pod has no policy that another one asks for. */
const OBSTRUCTING: Record<Workload['dialect'], readonly Stance[]> = {
  // The specification: only what gives it up.
  lattice: ['relaxed'],
  // A field that is left out is false to the API server.
  kubernetes: ['relaxed', 'silent'],
};

function layOut(
  workload: Workload,
  { container }: Group,
  requirements: readonly Requirement[],
  order: Order,
  podLabels: Record<string, string>,
): Named[] {
  const { options, guard, permittedBy } = order;
  const target: Target = {
    subject: `service ${workloadId(workload)}${container === undefined ? '' : `, container ${container}`}`,
    permittedBy: permittedBy === undefined ? undefined : `${permittedBy.name} version ${permittedBy.version}`,
    mode: options.mode,
    action: effectiveOptions(options).action,
    guard,
  };
  const own = (policy: string, parts: readonly Requirement[]): Named => {
    const kprobes = parts.flatMap((requirement) => requirement.kprobes(target));
    const identity = { policy, workload, container };
    return {
      identity,
      lasting: target.action === 'kill' && parts.some(({ lasting }) => lasting === true),
      manifest: {
        apiVersion: 'cilium.io/v1alpha1',
        kind: 'TracingPolicyNamespaced',
        metadata: {
          name: policyName(identity),
          namespace: workload.namespace,
          labels: { ...MANAGED_BY },
          annotations: annotationsOf(order, parts, { kprobes, shared: false, container }),
        },
        spec: {
          podSelector: podSelectorOf(workload),
          ...containerSelectorOf(container),
          ...policyOptions(options.mode, kprobes),
          kprobes,
        },
      },
    };
  };
  if (options.layout === 'merged')
    return requirements.length === 0 ? [] : [own('runtime-enforcement', requirements)];
  return requirements.map((requirement) =>
    options.layout === 'per-policy' || requirement.shared === undefined
      ? own(requirement.policy, [requirement])
      : sharedPolicy(requirement, requirement.shared, container, order, podLabels),
  );
}

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
  /** Whether a call that it kills for takes effect all the same. */
  readonly lasting: boolean;
}

/**
 * A cluster policy that all pods of one label share. Everything that changes its content is in its name
 * and in the label's value, so that two services never overwrite each other's.
 */
function sharedPolicy(
  requirement: Requirement,
  { label, variant }: NonNullable<Requirement['shared']>,
  container: string | undefined,
  order: Order,
  podLabels: Record<string, string>,
): Named {
  const { options, guard } = order;
  const { policy, lasting = false } = requirement;
  const { action } = effectiveOptions(options);
  const parts = [
    ...(options.mode === 'monitor' ? ['monitor'] : []),
    ...(guard ? [] : ['host-pid']),
    ...(lasting && action === 'kill' ? ['kill'] : []),
    ...variant,
  ];
  const value = parts.length === 0 ? 'true' : parts.join('.');
  const key = `${container === undefined ? '' : `${container}.`}lattice.dev/${label}`;
  podLabels[key] = value;
  // Many services share it, which versions of several policy sets may have permitted.
  const subject = `a pod labelled ${key}`;
  const kprobes = requirement.kprobes({ subject, permittedBy: undefined, mode: options.mode, action, guard });
  const identity = { policy, variant: parts, container };
  return {
    identity,
    lasting: lasting && action === 'kill',
    manifest: {
      apiVersion: 'cilium.io/v1alpha1',
      kind: 'TracingPolicy',
      metadata: {
        name: policyName(identity),
        labels: { ...MANAGED_BY },
        annotations: annotationsOf(order, [requirement], { kprobes, shared: true, container }),
      },
      spec: {
        podSelector: { matchLabels: { [key]: value } },
        ...containerSelectorOf(container),
        ...policyOptions(options.mode, kprobes),
        kprobes,
      },
    },
  };
}

function containerSelectorOf(container: string | undefined): Pick<Manifest['spec'], 'containerSelector'> {
  if (container === undefined) return {};
  return {
    containerSelector: { matchExpressions: [{ key: 'name', operator: 'In', values: [container] }] },
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
