import type { Kprobe } from '../tracing-policy.ts';
import { kill, matchArg, type Target, uint32, WRITE_FLAGS } from './selectors.ts';

/**
 * Kills a process that opens a file of the container's root filesystem for writing; volumes, tmpfs and
 * devices are other filesystems and stay writable.
 *
 * Hook: `int security_file_open(struct file *file)`. The signal comes after the file was created, so an
 * empty file can remain; no data is written.
 */
export function blockRootfsWrite(target: Target, rootfsMagic: readonly string[]): Kprobe[] {
  return [
    {
      call: 'security_file_open',
      syscall: false,
      message: `Blocked a write to the root filesystem of ${target.subject}`,
      tags: ['lattice.dev/runtime-enforcement', 'block-rootfs-write'],
      args: [
        { index: 0, type: 'file' },
        uint32(0, 'f_flags'),
        { index: 0, type: 'uint64', resolve: 'f_inode.i_sb.s_magic' },
      ],
      selectors: [
        kill(target, { matchArgs: [matchArg(1, 'Mask', [WRITE_FLAGS]), matchArg(2, 'Equal', rootfsMagic)] }),
      ],
    },
  ];
}
