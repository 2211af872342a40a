import type { Kprobe } from '../tracing-policy.ts';
import { kill, matchArg, type Target, uint32 } from './selectors.ts';

/**
 * Kills a non-root process that becomes root or takes group 0. The runtime, which starts as root and
 * drops, and a no-op `setuid(getuid())` both live.
 *
 * Hooks: `int security_task_fix_setuid(struct cred *new, const struct cred *old, int flags)` and
 * `security_task_fix_setgid`, with the same arguments; the former does not see setgid, and a kernel
 * without the latter still loads the policy.
 */
export function blockSetuid(target: Target): Kprobe[] {
  const tags = ['lattice.dev/runtime-enforcement', 'block-setuid'];
  return [
    {
      call: 'security_task_fix_setuid',
      syscall: false,
      message: `Blocked a process from becoming root in ${target.subject}`,
      tags,
      args: [uint32(0, 'uid.val'), uint32(0, 'euid.val'), uint32(1, 'uid.val')],
      selectors: [
        kill(target, { matchArgs: [matchArg(0, 'Equal', ['0']), matchArg(2, 'NotEqual', ['0'])] }),
        kill(target, { matchArgs: [matchArg(1, 'Equal', ['0']), matchArg(2, 'NotEqual', ['0'])] }),
      ],
    },
    {
      call: 'security_task_fix_setgid',
      syscall: false,
      message: `Blocked a process from taking group 0 in ${target.subject}`,
      tags,
      ignore: { callNotFound: true },
      args: [uint32(0, 'egid.val'), uint32(1, 'gid.val'), uint32(1, 'uid.val')],
      selectors: [
        kill(target, {
          matchArgs: [
            matchArg(0, 'Equal', ['0']),
            matchArg(1, 'NotEqual', ['0']),
            matchArg(2, 'NotEqual', ['0']),
          ],
        }),
      ],
    },
  ];
}
