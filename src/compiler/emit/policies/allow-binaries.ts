import { unionAllowlist } from '../../derive/binaries.ts';
import type { ContainerBinaries } from '../../derive/container-binaries.ts';
import { assumptionsOf } from '../../derive/image-assumptions.ts';
import { withMergedUsr } from '../../derive/merged-usr.ts';
import { compareText } from '../../model/ordered.ts';
import type { GeneratedPolicy } from '../generated-policy.ts';
import type { Kprobe } from '../kprobe.ts';
import type { Note } from '../note.ts';
import { kill, matchArg, message, pass, type Target } from '../selectors.ts';

/** The binaries that may run, and the option by which paths are compared with them. */
interface Allowlist {
  readonly allowlist: readonly string[];
  readonly pathMatching: 'either' | 'resolved';
}

/**
 * Kills every exec of a binary that is not listed.
 *
 * Hook: `int security_bprm_check(struct linux_binprm *bprm)`. The first selector that matches decides. A file without
 * any link (a memfd, or a deleted file) has no path that could be compared, so its process is killed. A listed path may
 * run. Every other process is killed. The last selector has no condition on a path, because a path of more than 4,096
 * bytes reads as empty, and no operator matches an empty path.
 *
 * With `pathMatching: either` a file is listed by its path after symbolic links are resolved, or by the path that was
 * passed to execve. By the resolved path alone, `/bin/sh` would be killed on every image where it is a symbolic link. The
 * call needs no Override, because its process dies before the new program runs.
 *
 * @throws RangeError on an empty allowlist, which would kill everything, and for a pod without a runtime
 * guard, where every exec of the container runtime would die.
 */
export function allowBinariesHooks(target: Target, { allowlist, pathMatching }: Allowlist): Kprobe[] {
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

/** The policy that lets a pod run only the binaries on the allowlists of its containers. */
export const allowBinaries: GeneratedPolicy = {
  name: 'allow-binaries',
  sharedLabel: undefined,
  isLasting: false,
  requirement: ({ workload, container, binaries, options, guard }, note) => {
    const union = unionAllowlist(binaries);
    if (union === undefined) {
      noteSkipped(binaries, note);
      return undefined;
    }
    if (!guard) {
      note(
        'HostPidAllowlistSkipped',
        'The pod shares the PID namespace of the host, where an allowlist would kill the container runtime too: allow-binaries is left out, and any binary may run.',
        workload.pod.find(({ name }) => name === 'hostPID')?.path ?? workload.source.path,
        container,
      );
      return undefined;
    }
    const { pathMatching, mergedUsr } = options;
    const allowlist = mergedUsr ? [...withMergedUsr(union)].sort(compareText) : union;
    return {
      kprobes: (target) => allowBinariesHooks(target, { allowlist, pathMatching }),
      annotations: {
        'lattice.dev/path-matching': pathMatching,
        ...(mergedUsr ? { 'lattice.dev/merged-usr': 'true' } : {}),
        ...imagesAnnotation(binaries),
      },
    };
  },
};

/** Says by the config of which images the list was made: a digest or a reference for each container. */
function imagesAnnotation(binaries: readonly ContainerBinaries[]): Record<string, string> {
  const assumed = assumptionsOf(binaries).map(({ container, name }) => `${container}=${name}`);
  return assumed.length === 0 ? {} : { 'lattice.dev/images': assumed.join(',') };
}

function noteSkipped(binaries: readonly ContainerBinaries[], note: Note): void {
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
