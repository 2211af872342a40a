import { z } from 'zod';
import { NameSchema } from '../../../model/names.ts';

const DEFAULT_TIERS = ['ptrace', 'modules', 'mount', 'namespaces', 'credentialFiles'] as const;
/** The tiers of the baseline, in the order in which their hooks are emitted. */
export const BASELINE_TIERS = [...DEFAULT_TIERS, 'chroot'] as const;
const DEFAULT_EXCLUDED = ['kube-system', 'cilium-system', 'istio-system', 'lattice-system', 'cert-manager'];

/** The schema of the options of the cluster baseline, with their defaults. */
export const BaselineOptionsSchema = z
  .strictObject({
    excludedNamespaces: z
      .array(NameSchema)
      .max(1_000)
      .default(DEFAULT_EXCLUDED)
      .meta({
        description: 'Namespaces whose pods the baseline leaves alone.',
        examples: [DEFAULT_EXCLUDED],
      }),
    tiers: z
      .array(z.enum(BASELINE_TIERS))
      .min(1)
      .default([...DEFAULT_TIERS])
      .meta({
        description:
          '`ptrace`: debugging other processes. `modules`: loading kernel modules. `mount`: mount and umount. `namespaces`: unshare, setns, and new namespaces of any kind. `credentialFiles`: writing, truncating, removing and renaming /etc/shadow, /etc/passwd, /etc/sudoers. `chroot`: changing the root directory, by which another file appears at a listed path; not among the defaults, because some daemons do it.',
        examples: [['ptrace', 'modules']],
      }),
    mode: z
      .enum(['enforce', 'monitor'])
      .default('enforce')
      .meta({
        description: '`monitor` reports what `enforce` would stop.',
        examples: ['enforce'],
      }),
    action: z
      .enum(['kill', 'deny'])
      .default('deny')
      .meta({
        description:
          '`deny`: a call whose effect would outlive the killed process fails too, which takes some 2.5 MB of kernel memory on every node for each such hook, of which it has eleven. `kill`: the process is killed, but a mount, a loaded module or a truncated file may remain; for kernels and agents without fmod_ret, where no policy that denies loads.',
        examples: ['deny'],
      }),
    blockModuleAutoload: z
      .boolean()
      .optional()
      .meta({
        description:
          'With `modules`: refuse to autoload a kernel module for a process without CAP_SYS_MODULE. The process lives, because processes that do nothing wrong cause such loads too. Left out, it is true with `action=deny`, and false with `action=kill`, which cannot refuse without killing.',
        examples: [true],
      }),
  })
  .refine(({ action, blockModuleAutoload }) => !(action === 'kill' && blockModuleAutoload === true), {
    path: ['blockModuleAutoload'],
    message:
      'Autoloading is refused without killing, which needs action=deny. Leave blockModuleAutoload out, or do not ask for action=kill.',
  })
  .meta({
    id: 'BaselineOptions',
    description: 'The options of the cluster baseline.',
    examples: [{ mode: 'monitor' }],
  });

/** The options of the baseline, defaults filled in. */
export type BaselineOptions = z.output<typeof BaselineOptionsSchema>;
