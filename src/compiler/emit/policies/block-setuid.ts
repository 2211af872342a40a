import { aggregate, nonRootStance } from '../../derive/posture.ts';
import { type Container, securityPlace } from '../../model/workload.ts';
import type { GeneratedPolicy } from '../generated-policy.ts';
import type { Kprobe } from '../kprobe.ts';
import type { Note } from '../note.ts';
import { noteObstacles, obstructing } from '../obstacles.ts';
import { kill, matchArg, message, type Target, uint32 } from '../selectors.ts';

/**
 * Kills a non-root process that becomes root or takes group 0, by a system call or by a setuid or setgid
 * program. The container runtime, which starts as root and drops to another user, and a `setuid(getuid())` without effect
 * are not killed.
 *
 * Hooks: `int security_task_fix_setuid(struct cred *new, const struct cred *old, int flags)` and
 * `security_task_fix_setgid`, with the same arguments, where any of the real, effective and filesystem id
 * becomes 0; `void security_bprm_committing_creds(struct linux_binprm *bprm)`, where the effective id of the new program
 * is 0 and the real one is not. The policy loads on a kernel that lacks one of these functions.
 */
function kprobesOf(target: Target): Kprobe[] {
  const tags = ['lattice.dev/runtime-enforcement', 'block-setuid'];
  const is = (position: number) => matchArg(position, 'Equal', ['0']);
  const isNot = (position: number) => matchArg(position, 'NotEqual', ['0']);
  const ignore = { callNotFound: true } as const;
  return [
    {
      call: 'security_task_fix_setuid',
      syscall: false,
      message: message(target, 'a process from becoming root in'),
      tags,
      ignore,
      args: [uint32(0, 'uid.val'), uint32(0, 'euid.val'), uint32(0, 'fsuid.val'), uint32(1, 'uid.val')],
      selectors: [0, 1, 2].map((id) => kill(target, { matchArgs: [is(id), isNot(3)] })),
    },
    {
      call: 'security_task_fix_setgid',
      syscall: false,
      message: message(target, 'a process from taking group 0 in'),
      tags,
      ignore,
      args: [
        uint32(0, 'gid.val'),
        uint32(0, 'egid.val'),
        uint32(0, 'fsgid.val'),
        uint32(1, 'gid.val'),
        uint32(1, 'uid.val'),
      ],
      selectors: [0, 1, 2].map((id) => kill(target, { matchArgs: [is(id), isNot(3), isNot(4)] })),
    },
    {
      call: 'security_bprm_committing_creds',
      syscall: false,
      message: message(target, 'a setuid or setgid program in'),
      tags,
      ignore,
      args: [
        uint32(0, 'cred.uid.val'),
        uint32(0, 'cred.euid.val'),
        uint32(0, 'cred.gid.val'),
        uint32(0, 'cred.egid.val'),
      ],
      selectors: [
        kill(target, { matchArgs: [isNot(0), is(1)] }),
        kill(target, { matchArgs: [isNot(0), isNot(2), is(3)] }),
      ],
    },
  ];
}

/** The policy that prevents processes of containers that ask for runAsNonRoot from becoming root. */
export const blockSetuid: GeneratedPolicy = {
  name: 'block-setuid',
  sharedLabel: 'run-as-non-root',
  isLasting: false,
  requirement: ({ workload, container, binaries, options }, note) => {
    const containers = binaries.map((each) => each.container);
    const nonRoot = aggregate(containers, obstructing(workload), (each) =>
      nonRootStance(each, options.unset),
    );
    noteObstacles('block-setuid', 'runAsNonRoot', nonRoot, note);
    noteContradictions(containers, note);
    if (!nonRoot.enforced) return undefined;
    const ownUsers = workload.pod.find(({ name, value }) => name === 'hostUsers' && !value);
    if (ownUsers !== undefined) {
      note(
        'UserNamespaceSetuidSkipped',
        'The pod has a user namespace of its own (hostUsers: false), where no process has kernel uid 0: block-setuid is left out.',
        ownUsers.path,
        container,
      );
      return undefined;
    }
    return { kprobes: kprobesOf };
  },
};

function noteContradictions(containers: readonly Container[], note: Note): void {
  for (const each of containers) {
    const { security, name } = each;
    if (security.runAsNonRoot !== true || security.runAsUser !== 0) continue;
    note(
      'ContradictoryUser',
      'runAsNonRoot is true and runAsUser is 0: the kubelet will refuse to start this container.',
      securityPlace(each, 'runAsUser'),
      name,
    );
  }
}
