import { aggregate, rootfsStance } from '../../derive/posture.ts';
import { compareText } from '../../model/ordered.ts';
import type { GeneratedPolicy } from '../generated-policy.ts';
import type { Kprobe, KprobeArg } from '../kprobe.ts';
import { noteObstacles, obstructing } from '../obstacles.ts';
import {
  ALL_BUT_RUNTIME_INIT,
  matchArg,
  message,
  stop,
  type Target,
  uint32,
  WRITE_FLAGS,
} from '../selectors.ts';

/**
 * Stops a process that opens a file of the container's root filesystem for writing, or creates, removes,
 * renames or truncates one, or makes a directory. Volumes, tmpfs and devices are on other filesystems and stay
 * writable.
 *
 * Hooks: `int security_file_open(struct file *file)`; `security_inode_create`, `_unlink`, `_rename` and
 * `_mkdir`, whose first argument is the directory's `struct inode *`, and whose second the `struct dentry *`;
 * `int security_path_truncate(const struct path *path)`. The init process of the runtime makes mount points in the root
 * filesystem, and is spared by its PID. In a pod that shares the PID namespace of the host, it cannot be recognised by its
 * PID, so only the opening of files is hooked there. A signal cannot prevent the effect of the call, so `target.action`
 * decides whether the call fails too.
 */
function kprobesOf(target: Target, rootfsMagic: readonly string[]): Kprobe[] {
  const tags = ['lattice.dev/runtime-enforcement', 'block-rootfs-write'];
  const change = (call: string, what: string, [magic, named] = IN_DIRECTORY): Kprobe => ({
    call,
    syscall: false,
    message: message(target, what),
    tags,
    ignore: { callNotFound: true },
    // No selector looks at the path. It is there for whoever reads the event.
    args: [magic, named],
    selectors: ALL_BUT_RUNTIME_INIT.map((conditions) =>
      stop(target, { matchArgs: [matchArg(0, 'Equal', rootfsMagic)], ...conditions }),
    ),
  });
  return [
    {
      call: 'security_file_open',
      syscall: false,
      message: message(target, 'a write to the root filesystem of'),
      tags,
      args: [
        { index: 0, type: 'file' },
        uint32(0, 'f_flags'),
        { index: 0, type: 'uint64', resolve: 'f_inode.i_sb.s_magic' },
      ],
      selectors: [
        stop(target, { matchArgs: [matchArg(1, 'Mask', [WRITE_FLAGS]), matchArg(2, 'Equal', rootfsMagic)] }),
      ],
    },
    ...(target.guard
      ? [
          change('security_inode_create', 'a new file in the root filesystem of'),
          change('security_inode_unlink', 'the removal of a file from the root filesystem of'),
          change('security_inode_rename', 'the renaming of a file in the root filesystem of'),
          change('security_inode_mkdir', 'a new directory in the root filesystem of'),
          change('security_path_truncate', 'the truncation of a file in the root filesystem of', OF_PATH),
        ]
      : []),
  ];
}

/** The filesystem and the path of a change, as two arguments of a hook. */
type Changed = readonly [magic: KprobeArg, named: KprobeArg];

/** Of hooks on a directory's inode and an entry of it. */
const IN_DIRECTORY: Changed = [
  { index: 0, type: 'uint64', resolve: 'i_sb.s_magic' },
  { index: 1, type: 'dentry', label: 'path' },
];

/** Of hooks on a path. */
const OF_PATH: Changed = [
  { index: 0, type: 'uint64', resolve: 'dentry.d_sb.s_magic' },
  { index: 0, type: 'path', label: 'path' },
];

/** The magic number of overlayfs (`OVERLAYFS_SUPER_MAGIC`), which most container runtimes use for the root. */
const OVERLAYFS = '0x794c7630';

/** The policy that stops writes to the root filesystem of containers that ask for a read-only one. */
export const blockRootfsWrite: GeneratedPolicy = {
  name: 'block-rootfs-write',
  sharedLabel: 'read-only-rootfs',
  isLasting: true,
  requirement: ({ workload, binaries, options }, note) => {
    const containers = binaries.map(({ container }) => container);
    const rootfs = aggregate(containers, obstructing(workload), (each) => rootfsStance(each, options.unset));
    noteObstacles('block-rootfs-write', 'readOnlyRootFilesystem', rootfs, note);
    if (!rootfs.enforced) return undefined;
    const magic = canonicalMagic(options.rootfsMagic);
    const usual = magic.length === 1 && magic[0] === OVERLAYFS;
    return {
      kprobes: (target) => kprobesOf(target, magic),
      ...(usual ? {} : { annotations: { 'lattice.dev/rootfs-magic': magic.join(',') } }),
      variant: usual ? [] : magic.map((value) => value.slice(2)),
    };
  },
};

/** The magic numbers in one spelling and order, so that the same filesystems give the same policy. */
function canonicalMagic(magic: readonly string[]): string[] {
  return [...new Set(magic.map((value) => `0x${Number(value).toString(16).padStart(8, '0')}`))].sort(
    compareText,
  );
}
