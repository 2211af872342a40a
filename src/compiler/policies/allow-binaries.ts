import type { Kprobe } from '../tracing-policy.ts';
import { kill, matchArg, type Target } from './selectors.ts';

/** The binaries that may run, and how a path is compared with them. */
export interface AllowBinaries {
  readonly allowlist: readonly string[];
  readonly pathMatching: 'either' | 'resolved';
}

/**
 * Kills every exec of a binary that is not listed.
 *
 * Hook: `int security_bprm_check(struct linux_binprm *bprm)`.
 * A file counts as listed by its path after symlinks or as passed to execve: with the resolved path
 * alone, `/bin/sh` dies on every image where it is a symlink. A file with no link left (memfd, or
 * deleted) has no path to compare, so it never runs.
 *
 * @throws RangeError on an empty allowlist: Tetragon reads an empty NotEqual as "matches everything".
 */
export function allowBinaries(target: Target, { allowlist, pathMatching }: AllowBinaries): Kprobe[] {
  if (allowlist.length === 0) throw new RangeError('An empty allowlist would kill every process.');
  const unlisted = [matchArg(0, 'NotEqual', allowlist)];
  if (pathMatching === 'either') unlisted.push(matchArg(1, 'NotEqual', allowlist));
  return [
    {
      call: 'security_bprm_check',
      syscall: false,
      message: `Blocked a binary outside the allowlist of ${target.subject}`,
      tags: ['lattice.dev/runtime-enforcement', 'allow-binaries'],
      args: [
        { index: 0, type: 'linux_binprm', label: 'resolved' },
        { index: 0, type: 'string', resolve: 'filename', label: 'requested' },
        { index: 0, type: 'uint32', resolve: 'file.f_inode.i_nlink', label: 'links' },
      ],
      selectors: [
        kill(target, { matchArgs: unlisted }),
        kill(target, { matchArgs: [matchArg(2, 'Equal', ['0'])] }),
      ],
    },
  ];
}
