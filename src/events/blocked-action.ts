import { CAPABILITIES } from '../compiler/model/capabilities.ts';
import { type BaselineTier, tierOfTag } from './baseline-tier.ts';
import { argOf, hexOf, numberOf, pathOf } from './event-args.ts';
import type { OwnPolicy } from './own-policy.ts';
import type { EventArg, KprobeEvent } from './tetragon-event.ts';

/** What a process tried when a policy stopped it, or would have stopped it. */
export type BlockedAction = BinaryAction | WriteAction | IdentityAction | CapabilityAction | BaselineAction;

/** It tried to run a binary that is not on the allowlist. */
export interface BinaryAction {
  readonly kind: 'binary';
  /** The path after symbolic links, as the kernel has it; undefined where the agent could not read it whole. */
  readonly resolved: string | undefined;
  /** The path that was passed to execve, which may be relative; undefined where the event does not say. */
  readonly requested: string | undefined;
  /** Whether no directory has the file: a memfd, or a deleted file. No allowlist permits it. */
  readonly deleted: boolean;
}

/** It tried to change the root filesystem. */
export interface WriteAction {
  readonly kind: 'rootfs-write';
  /** The file or directory; undefined where the event does not say, or the agent could not read it whole. */
  readonly path: string | undefined;
  readonly what: 'write' | 'create' | 'remove' | 'rename' | 'mkdir' | 'truncate';
}

/** It tried to become root, or to take group 0. */
export interface IdentityAction {
  readonly kind: 'identity';
  readonly what: 'uid' | 'gid' | 'setid-program';
  /** Whether the id that becomes 0 is that of a user or of a group. */
  readonly id: 'user' | 'group';
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** It tried to gain capabilities. */
export interface CapabilityAction {
  readonly kind: 'capability';
  /**
   * All capabilities that it asked for, without `CAP_`, in the order of their numbers; one without a name is its number.
   * Which of them the pod may not hold is not in the event. Empty for a program with file capabilities.
   */
  readonly capabilities: readonly string[];
  readonly how: 'capset' | 'file';
}

/** It did what the cluster baseline stops. */
export interface BaselineAction {
  readonly kind: 'baseline';
  readonly tier: BaselineTier;
  /** The kernel function, without the prefix of its architecture. */
  readonly call: string;
  /** The files that it would have changed, for credential files. A rename has two. */
  readonly paths: readonly string[];
}

/** The hooks of each policy, and how the arguments of each are read. */
const HOOKS: Readonly<Record<OwnPolicy, (call: string, event: KprobeEvent) => BlockedAction | undefined>> = {
  'allow-binaries': (call, event) => (call === 'security_bprm_check' ? readBinary(event) : undefined),
  'block-rootfs-write': readWrite,
  'block-setuid': readIdentity,
  'block-capset': readCapabilities,
  baseline: readBaseline,
};

/** Reads what the process tried; undefined when the policy has no hook of this name. */
export function readAction(policy: OwnPolicy, event: KprobeEvent): BlockedAction | undefined {
  return HOOKS[policy](callOf(event.functionName), event);
}

/** The name of a system call as policies have it: the agent adds the prefix of the architecture, such as `__x64_`. */
function callOf(functionName: string): string {
  return functionName.replace(/^__(?:x64|ia32|arm64)_(?=sys_)/, '');
}

function readBinary({ args }: KprobeEvent): BinaryAction {
  return {
    kind: 'binary',
    resolved: pathOf(argOf(args, 'resolved', 0)),
    requested: pathOf(argOf(args, 'requested', 1)),
    deleted: numberOf(argOf(args, 'links', 2)) === 0,
  };
}

const CHANGES: Readonly<Record<string, WriteAction['what']>> = {
  security_inode_create: 'create',
  security_inode_unlink: 'remove',
  security_inode_rename: 'rename',
  security_inode_mkdir: 'mkdir',
  security_path_truncate: 'truncate',
};

function readWrite(call: string, { args }: KprobeEvent): WriteAction | undefined {
  if (call === 'security_file_open')
    return { kind: 'rootfs-write', what: 'write', path: pathOf(argOf(args, 'path', 0)) };
  const what = Object.hasOwn(CHANGES, call) ? CHANGES[call] : undefined;
  if (what === undefined) return undefined;
  // The policies of earlier releases have no path here. Where there are two, the first is the one that is changed.
  return { kind: 'rootfs-write', what, path: pathOf(args.find(isPath)) };
}

function isPath({ type }: EventArg): boolean {
  return type === 'path_arg' || type === 'file_arg';
}

/** The places of the new ids and of the old one in the arguments. Policies of earlier releases have one new id fewer. */
function readIdentity(call: string, { args }: KprobeEvent): IdentityAction | undefined {
  const ids = args.map(numberOf);
  if (call === 'security_task_fix_setuid')
    return { kind: 'identity', what: 'uid', id: 'user', ...changed(ids, 1) };
  if (call === 'security_task_fix_setgid')
    return { kind: 'identity', what: 'gid', id: 'group', ...changed(ids, 2) };
  if (call !== 'security_bprm_committing_creds') return undefined;
  const [uid, euid, gid, egid] = ids;
  const becomesRoot = euid === 0 && uid !== 0;
  return becomesRoot
    ? { kind: 'identity', what: 'setid-program', id: 'user', from: uid, to: euid }
    : { kind: 'identity', what: 'setid-program', id: 'group', from: gid, to: egid };
}

/** The old id, and the new one: 0 where one of the new ids is 0, as the policy demands. */
function changed(ids: readonly (number | undefined)[], olds: number): Pick<IdentityAction, 'from' | 'to'> {
  const news = ids.slice(0, -olds);
  return { from: ids.at(-olds), to: news.includes(0) ? 0 : news[0] };
}

function readCapabilities(call: string, { args }: KprobeEvent): CapabilityAction | undefined {
  if (call === 'security_bprm_committed_creds') return { kind: 'capability', capabilities: [], how: 'file' };
  if (call !== 'security_capset') return undefined;
  const mask = args.reduce((all, arg) => all | hexOf(arg), 0n);
  return { kind: 'capability', capabilities: namesOf(mask), how: 'capset' };
}

/** The bits of a mask of the kernel. */
const BITS = Array.from({ length: 64 }, (_, bit) => bit);

function namesOf(mask: bigint): string[] {
  return BITS.filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n).map(
    (bit) => CAPABILITIES[bit] ?? String(bit),
  );
}

function readBaseline(call: string, { args, tags }: KprobeEvent): BaselineAction | undefined {
  const tier = tierOfTag(tags[1] ?? '');
  if (tier === undefined) return undefined;
  const paths = args.filter(isPath).map(pathOf);
  return { kind: 'baseline', tier, call, paths: paths.filter((path) => path !== undefined) };
}
