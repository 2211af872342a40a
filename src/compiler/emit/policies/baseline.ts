import { z } from 'zod';
import type { LabelSelector } from '../../model/label-selector.ts';
import { MANAGED_BY } from '../../model/managed-by.ts';
import { NameSchema } from '../../model/names.ts';
import { enforcementAnnotations, policyOptions } from '../enforcement.ts';
import {
  ALL_BUT_RUNTIME_INIT,
  type Conditions,
  kill,
  matchArg,
  refuse,
  stop,
  uint32,
  WRITE_FLAGS,
} from '../selectors.ts';
import type { Kprobe, TracingPolicy } from '../tracing-policy.ts';

const DEFAULT_TIERS = ['ptrace', 'modules', 'mount', 'namespaces', 'credentialFiles'] as const;
const TIERS = [...DEFAULT_TIERS, 'chroot'] as const;
const DEFAULT_EXCLUDED = ['kube-system', 'cilium-system', 'istio-system', 'lattice-system', 'cert-manager'];

/** What a cluster's baseline can be asked to be. */
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
      .array(z.enum(TIERS))
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
          'With `modules`: refuse to autoload a kernel module for a process without CAP_SYS_MODULE. The process lives, because innocent ones do it. Left out, it is true with `action=deny`, and false with `action=kill`, which cannot refuse without killing.',
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

/** The pods of the baseline are selected by namespace, so all of it is under the runtime guard. */
const GUARDED = { guard: true } as const;
const NAMESPACE_LABEL = 'k8s:io.kubernetes.pod.namespace';

/**
 * The cluster baseline (specification, Tier 1): what no workload may do, in every namespace but the
 * excluded ones. Selecting pods by namespace keeps host processes out of it.
 *
 * @example
 * const policy = baseline(BaselineOptionsSchema.parse({ mode: 'monitor', tiers: ['ptrace'] }));
 * policy.spec.options; // => [{ name: 'policy-mode', value: 'monitor' }, { name: 'disable-kprobe-multi', value: '1' }]
 */
export function baseline(options: BaselineOptions): TracingPolicy {
  const excluded = [...new Set(options.excludedNamespaces)];
  const podSelector: LabelSelector = {
    matchExpressions: [
      excluded.length > 0
        ? { key: NAMESPACE_LABEL, operator: 'NotIn', values: excluded }
        : { key: NAMESPACE_LABEL, operator: 'Exists' },
    ],
  };
  const kprobes = TIERS.filter((tier) => options.tiers.includes(tier))
    .flatMap((tier) => HOOKS[tier](options))
    .map((hook) => toKprobe(hook, options));
  return {
    apiVersion: 'cilium.io/v1alpha1',
    kind: 'TracingPolicy',
    metadata: {
      name: 'lattice-baseline-runtime',
      labels: { ...MANAGED_BY },
      annotations: enforcementAnnotations(options.mode, kprobes),
    },
    spec: { podSelector, ...policyOptions(options.mode, kprobes), kprobes },
  };
}

/** Files by which a process makes itself somebody else. */
const CREDENTIAL_FILES = ['/etc/shadow', '/etc/passwd', '/etc/sudoers'];

const HOOKS: Record<(typeof TIERS)[number], (options: BaselineOptions) => Hook[]> = {
  // PTRACE_MODE_ATTACH is 2; a read (1) is what ps and monitoring do.
  ptrace: () => [
    {
      call: 'security_ptrace_access_check',
      tag: 'ptrace',
      what: 'a process from debugging another',
      lasting: true,
      args: [{ index: 1, type: 'uint32' }],
      selectors: [{ matchArgs: [matchArg(0, 'Mask', ['2'])] }],
    },
  ],
  modules: ({ action, blockModuleAutoload = action === 'deny' }) => [
    { call: 'sys_init_module', tag: 'modules', what: 'the loading of a kernel module', syscall: true },
    { call: 'sys_finit_module', tag: 'modules', what: 'the loading of a kernel module', syscall: true },
    // READING_MODULE is 2 in enum kernel_read_file_id.
    {
      call: 'security_kernel_read_file',
      tag: 'modules',
      what: 'the reading of a kernel module',
      lasting: true,
      optional: true,
      args: [{ index: 1, type: 'int' }],
      selectors: [{ matchArgs: [matchArg(0, 'Equal', ['2'])] }],
    },
    // LOADING_MODULE is 2 in enum kernel_load_data_id.
    {
      call: 'security_kernel_load_data',
      tag: 'modules',
      what: 'the loading of a kernel module from memory',
      lasting: true,
      optional: true,
      args: [{ index: 0, type: 'int' }],
      selectors: [{ matchArgs: [matchArg(0, 'Equal', ['2'])] }],
    },
    ...(blockModuleAutoload
      ? [
          {
            call: 'security_kernel_module_request',
            tag: 'modules',
            what: 'the autoloading of a kernel module',
            spared: true,
            optional: true,
            selectors: [
              {
                matchCapabilities: [
                  { type: 'Effective' as const, operator: 'NotIn' as const, values: ['CAP_SYS_MODULE'] },
                ],
              },
            ],
          },
        ]
      : []),
  ],
  mount: () => [
    {
      call: 'security_sb_mount',
      tag: 'mount',
      what: 'a mount',
      lasting: true,
      selectors: ALL_BUT_RUNTIME_INIT,
    },
    {
      call: 'security_sb_umount',
      tag: 'mount',
      what: 'an unmount',
      lasting: true,
      selectors: ALL_BUT_RUNTIME_INIT,
    },
    {
      call: 'security_move_mount',
      tag: 'mount',
      what: 'the moving of a mount',
      lasting: true,
      optional: true,
      selectors: ALL_BUT_RUNTIME_INIT,
    },
  ],
  namespaces: () => [
    {
      call: 'sys_unshare',
      tag: 'namespaces',
      what: 'unshare',
      syscall: true,
      selectors: ALL_BUT_RUNTIME_INIT,
    },
    { call: 'sys_setns', tag: 'namespaces', what: 'setns', syscall: true },
    // clone(CLONE_NEWUSER) passes here too.
    {
      call: 'security_create_user_ns',
      tag: 'namespaces',
      what: 'the creation of a user namespace',
      optional: true,
    },
    // Every flag of a new namespace but that of time: clone() with one, by which a child would be PID 1.
    {
      call: 'copy_namespaces',
      tag: 'namespaces',
      what: 'the creation of a namespace',
      optional: true,
      args: [{ index: 0, type: 'uint64' }],
      selectors: [{ matchArgs: [matchArg(0, 'Mask', ['0x7e020000'])] }],
    },
  ],
  credentialFiles: () => [
    {
      call: 'security_file_open',
      tag: 'credential-files',
      what: 'a write to a credential file',
      lasting: true,
      args: [{ index: 0, type: 'file' }, uint32(0, 'f_flags')],
      selectors: [
        { matchArgs: [matchArg(0, 'Equal', CREDENTIAL_FILES), matchArg(1, 'Mask', [WRITE_FLAGS])] },
      ],
    },
    {
      call: 'security_path_truncate',
      tag: 'credential-files',
      what: 'the truncation of a credential file',
      lasting: true,
      optional: true,
      args: [{ index: 0, type: 'path' }],
      selectors: [{ matchArgs: [matchArg(0, 'Equal', CREDENTIAL_FILES)] }],
    },
    // A dentry's path is that in its filesystem, which for the container's root is the same.
    {
      call: 'security_inode_unlink',
      tag: 'credential-files',
      what: 'the removal of a credential file',
      lasting: true,
      optional: true,
      args: [{ index: 1, type: 'dentry' }],
      selectors: [{ matchArgs: [matchArg(0, 'Equal', CREDENTIAL_FILES)] }],
    },
    {
      call: 'security_inode_rename',
      tag: 'credential-files',
      what: 'the renaming of a credential file, or of another over it',
      lasting: true,
      optional: true,
      args: [
        { index: 1, type: 'dentry' },
        { index: 3, type: 'dentry' },
      ],
      selectors: [0, 1].map((position) => ({ matchArgs: [matchArg(position, 'Equal', CREDENTIAL_FILES)] })),
    },
  ],
  chroot: () => [
    {
      call: 'security_path_chroot',
      tag: 'chroot',
      what: 'a change of the root directory',
      lasting: true,
      optional: true,
    },
  ],
};

interface Hook {
  readonly call: string;
  readonly tag: string;
  /** What is blocked, for the message. */
  readonly what: string;
  readonly syscall?: boolean;
  /** Its effect outlives the process: where the baseline denies, the call fails too. */
  readonly lasting?: boolean;
  /** The call fails, but the process lives. */
  readonly spared?: boolean;
  /** Not every supported kernel has the function. */
  readonly optional?: boolean;
  readonly args?: NonNullable<Kprobe['args']>;
  /** Each stops on its own; none given: the call is always stopped. */
  readonly selectors?: readonly Conditions[];
}

function toKprobe(
  { call, tag, what, syscall = false, lasting, spared, optional, args, selectors = [{}] }: Hook,
  { mode, action }: BaselineOptions,
): Kprobe {
  return {
    call,
    syscall,
    message: `${mode === 'enforce' ? 'Blocked' : 'Would block'} ${what} (cluster baseline)`,
    tags: ['lattice.dev/baseline', tag],
    ...(optional === true ? { ignore: { callNotFound: true } } : {}),
    ...(args === undefined ? {} : { args }),
    selectors: selectors.map((conditions) => {
      if (spared === true) return refuse(GUARDED, conditions);
      return lasting === true ? stop({ ...GUARDED, action }, conditions) : kill(GUARDED, conditions);
    }),
  };
}
