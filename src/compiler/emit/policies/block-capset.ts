import { allowedCapabilities } from '../../derive/posture.ts';
import { CAPABILITIES, capabilityMask } from '../../model/capabilities.ts';
import type { Container } from '../../model/workload.ts';
import type { GeneratedPolicy } from '../generated-policy.ts';
import type { Kprobe, KprobeArg } from '../kprobe.ts';
import type { Note } from '../note.ts';
import { kill, matchArg, message, type Target } from '../selectors.ts';

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** The capabilities that a group of containers may hold, as bit masks. */
interface AllowedCapabilities {
  /** The capabilities that capset(2) may ask for. */
  readonly asked: bigint;
  /** The capabilities that a program may start with: at least those that the container runtime grants. */
  readonly held: bigint;
}

/**
 * Kills a process that asks capset(2) for a capability outside `asked`, or that runs a program whose file capabilities
 * give it one outside `held`. A request for the same capabilities or fewer is allowed, because every start of a container
 * makes one.
 *
 * Hooks: `int security_capset(struct cred *new, const struct cred *old, const kernel_cap_t *effective,
 * const kernel_cap_t *inheritable, const kernel_cap_t *permitted)`;
 * `void security_bprm_committed_creds(const struct linux_binprm *bprm)`. The program of the container runtime passes the
 * second with every capability. The runtime guard spares it by its PID namespace; in a pod that shares the namespace of
 * the host, the hook is left out.
 */
function kprobesOf(target: Target, { asked, held }: AllowedCapabilities): Kprobe[] {
  const tags = ['lattice.dev/runtime-enforcement', 'block-capset'];
  const forbidden = `0x${(ALL_BITS & ~asked).toString(16).padStart(16, '0')}`;
  const args: KprobeArg[] = [
    { index: 2, type: 'cap_effective' },
    { index: 3, type: 'cap_inheritable' },
    { index: 4, type: 'cap_permitted' },
  ];
  const withheld = CAPABILITIES.filter((name) => (held & capabilityMask([name])) === 0n);
  return [
    {
      call: 'security_capset',
      syscall: false,
      message: message(target, 'gaining capabilities in'),
      tags,
      args,
      selectors: args.map((_, position) =>
        kill(target, { matchArgs: [matchArg(position, 'Mask', [forbidden])] }),
      ),
    },
    ...(target.guard && withheld.length > 0
      ? [
          {
            call: 'security_bprm_committed_creds',
            syscall: false,
            message: message(target, 'a program with file capabilities in'),
            tags,
            ignore: { callNotFound: true } as const,
            selectors: [
              kill(target, {
                matchCapabilities: [
                  { type: 'Permitted', operator: 'In', values: withheld.map(tetragonName) },
                ],
              }),
            ],
          },
        ]
      : []),
  ];
}

/** The name of a capability in Tetragon: with the prefix CAP_, except for DAC_OVERRIDE. */
function tetragonName(name: (typeof CAPABILITIES)[number]): string {
  return name === 'DAC_OVERRIDE' ? name : `CAP_${name}`;
}

/** The policy that prevents processes from gaining capabilities that no container of their pod may hold. */
export const blockCapset: GeneratedPolicy = {
  name: 'block-capset',
  sharedLabel: 'allowed-capabilities',
  isLasting: false,
  requirement: ({ workload, binaries, options }, note) => {
    const containers = binaries.map(({ container }) => container);
    const asked = allowedCapabilities(containers, options.unset);
    // The runtime grants a Kubernetes container each default capability that it does not drop, whatever unset= says.
    const held = allowedCapabilities(
      containers,
      workload.dialect === 'kubernetes' ? 'declared' : options.unset,
    );
    if (asked === undefined || held === undefined) {
      noteUnlimited(containers, note);
      return undefined;
    }
    return {
      kprobes: (target) => kprobesOf(target, { asked, held }),
      variant: [maskWord(asked), ...(held === asked ? [] : [`held-${maskWord(held)}`])],
    };
  },
};

function noteUnlimited(containers: readonly Container[], note: Note): void {
  const unlimited = containers.filter(
    ({ security }) => security.privileged || security.capabilitiesAdd.includes('ALL'),
  );
  for (const { name, securityPath } of unlimited) {
    note(
      'CapsetSkipped',
      `The container ${name} may hold every capability, so block-capset is left out.`,
      securityPath,
      name,
    );
  }
}

function maskWord(mask: bigint): string {
  return mask === 0n ? 'none' : mask.toString(16);
}
