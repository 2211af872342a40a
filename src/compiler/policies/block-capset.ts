import type { Kprobe, KprobeArg } from '../tracing-policy.ts';
import { kill, matchArg, type Target } from './selectors.ts';

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/**
 * Kills a process that asks capset(2) for a capability outside `allowed`, a mask. Asking for the same
 * capabilities or fewer is what every container start does, and lives.
 *
 * Hook: `int security_capset(struct cred *new, const struct cred *old, const kernel_cap_t *effective,
 * const kernel_cap_t *inheritable, const kernel_cap_t *permitted)`.
 */
export function blockCapset(target: Target, allowed: bigint): Kprobe[] {
  const forbidden = `0x${(ALL_BITS & ~allowed).toString(16).padStart(16, '0')}`;
  const args: KprobeArg[] = [
    { index: 2, type: 'cap_effective' },
    { index: 3, type: 'cap_inheritable' },
    { index: 4, type: 'cap_permitted' },
  ];
  return [
    {
      call: 'security_capset',
      syscall: false,
      message: `Blocked gaining capabilities in ${target.subject}`,
      tags: ['lattice.dev/runtime-enforcement', 'block-capset'],
      args,
      selectors: args.map((_, position) =>
        kill(target, { matchArgs: [matchArg(position, 'Mask', [forbidden])] }),
      ),
    },
  ];
}
