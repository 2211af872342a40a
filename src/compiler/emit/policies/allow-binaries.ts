import { kill, matchArg, message, pass, type Target } from '../selectors.ts';
import type { Kprobe } from '../tracing-policy.ts';

/** The binaries that may run, and how a path is compared with them. */
export interface AllowBinaries {
  readonly allowlist: readonly string[];
  readonly pathMatching: 'either' | 'resolved';
}

/**
 * Kills every exec of a binary that is not listed.
 *
 * Hook: `int security_bprm_check(struct linux_binprm *bprm)`. The first selector that matches decides:
 * a file with no link left (memfd, or deleted) has no path to compare and never runs; a listed path runs;
 * everything else dies. The last has no condition on a path, because a path of more than 4,096 bytes reads
 * as empty, and no operator matches an empty path.
 *
 * A file counts as listed by its path after symlinks or as passed to execve: with the resolved path
 * alone, `/bin/sh` dies on every image where it is a symlink. The call is never overridden, because its
 * process dies before the new program runs.
 *
 * @throws RangeError on an empty allowlist, which would kill everything, and for a pod without a runtime
 * guard, where every exec of the container runtime would die.
 */
export function allowBinaries(target: Target, { allowlist, pathMatching }: AllowBinaries): Kprobe[] {
  if (allowlist.length === 0) throw new RangeError('An empty allowlist would kill every process.');
  if (!target.guard) throw new RangeError('An allowlist without the runtime guard kills the runtime.');
  return [
    {
      call: 'security_bprm_check',
      syscall: false,
      message: message(target, 'a binary outside the allowlist of'),
      tags: ['lattice.dev/runtime-enforcement', 'allow-binaries'],
      args: [
        { index: 0, type: 'linux_binprm', label: 'resolved' },
        { index: 0, type: 'string', resolve: 'filename', label: 'requested' },
        { index: 0, type: 'uint32', resolve: 'file.f_inode.i_nlink', label: 'links' },
      ],
      selectors: [
        kill(target, { matchArgs: [matchArg(2, 'Equal', ['0'])] }),
        pass({ matchArgs: [matchArg(0, 'Equal', allowlist)] }),
        ...(pathMatching === 'either' ? [pass({ matchArgs: [matchArg(1, 'Equal', allowlist)] })] : []),
        kill(target),
      ],
    },
  ];
}
