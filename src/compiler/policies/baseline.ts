import { z } from 'zod';
import { NameSchema } from '../names.ts';
import { type Kprobe, type LabelSelector, MANAGED_BY, type TracingPolicy } from '../tracing-policy.ts';
import { type Conditions, kill, matchArg, type Target, uint32, WRITE_FLAGS } from './selectors.ts';

const TIERS = ['ptrace', 'modules', 'mount', 'namespaces', 'credentialFiles'] as const;
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
      .default([...TIERS])
      .meta({
        description:
          '`ptrace`: debugging other processes. `modules`: loading kernel modules. `mount`: mount and umount. `namespaces`: unshare, setns and user namespaces. `credentialFiles`: writing /etc/shadow, /etc/passwd, /etc/sudoers.',
        examples: [['ptrace', 'modules']],
      }),
    mode: z
      .enum(['enforce', 'monitor'])
      .default('enforce')
      .meta({
        description: '`monitor` reports what `enforce` would kill.',
        examples: ['enforce'],
      }),
    blockModuleAutoload: z
      .boolean()
      .default(false)
      .meta({
        description:
          'With `modules`: also kill processes without CAP_SYS_MODULE that make the kernel autoload a module, which innocent processes do.',
        examples: [false],
      }),
  })
  .meta({
    id: 'BaselineOptions',
    description: 'The options of the cluster baseline.',
    examples: [{ mode: 'monitor' }],
  });

/** The options of the baseline, defaults filled in. */
export type BaselineOptions = z.output<typeof BaselineOptionsSchema>;

const TARGET: Target = { subject: 'a workload', guard: true };
const NAMESPACE_LABEL = 'k8s:io.kubernetes.pod.namespace';

/**
 * The cluster baseline (specification, Tier 1): what no workload may do, in every namespace but the
 * excluded ones. Selecting pods by namespace keeps host processes out of it.
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
  return {
    apiVersion: 'cilium.io/v1alpha1',
    kind: 'TracingPolicy',
    metadata: { name: 'lattice-baseline-runtime', labels: { ...MANAGED_BY } },
    spec: {
      podSelector,
      ...(options.mode === 'monitor' ? { options: [{ name: 'policy-mode', value: 'monitor' }] } : {}),
      kprobes: TIERS.filter((tier) => options.tiers.includes(tier)).flatMap((tier) => KPROBES[tier](options)),
    },
  };
}

const KPROBES: Record<(typeof TIERS)[number], (options: BaselineOptions) => Kprobe[]> = {
  // PTRACE_MODE_ATTACH is 2; a read (1) is what ps and monitoring do.
  ptrace: () => [
    hook('security_ptrace_access_check', 'ptrace', 'Blocked a process from debugging another', {
      args: [{ index: 1, type: 'uint32' }],
      selectors: [{ matchArgs: [matchArg(0, 'Mask', ['2'])] }],
    }),
  ],
  modules: ({ blockModuleAutoload }) => [
    hook('sys_init_module', 'modules', 'Blocked the loading of a kernel module', { syscall: true }),
    hook('sys_finit_module', 'modules', 'Blocked the loading of a kernel module', { syscall: true }),
    // READING_MODULE is 2 in enum kernel_read_file_id.
    hook('security_kernel_read_file', 'modules', 'Blocked the reading of a kernel module', {
      args: [{ index: 1, type: 'int' }],
      selectors: [{ matchArgs: [matchArg(0, 'Equal', ['2'])] }],
    }),
    ...(blockModuleAutoload
      ? [
          hook('security_kernel_module_request', 'modules', 'Blocked the autoloading of a kernel module', {
            args: [{ index: 0, type: 'string' }],
            selectors: [
              { matchCapabilities: [{ type: 'Effective', operator: 'NotIn', values: ['CAP_SYS_MODULE'] }] },
            ],
          }),
        ]
      : []),
  ],
  mount: () => [
    hook('security_sb_mount', 'mount', 'Blocked a mount', { selectors: ALL_BUT_RUNTIME_INIT }),
    hook('security_sb_umount', 'mount', 'Blocked an unmount', { selectors: ALL_BUT_RUNTIME_INIT }),
    hook('security_move_mount', 'mount', 'Blocked the moving of a mount', {
      optional: true,
      selectors: ALL_BUT_RUNTIME_INIT,
    }),
  ],
  namespaces: () => [
    hook('sys_unshare', 'namespaces', 'Blocked unshare', { syscall: true, selectors: ALL_BUT_RUNTIME_INIT }),
    hook('sys_setns', 'namespaces', 'Blocked setns', { syscall: true }),
    // clone(CLONE_NEWUSER) passes here and nowhere else.
    hook('security_create_user_ns', 'namespaces', 'Blocked the creation of a user namespace', {
      optional: true,
    }),
  ],
  credentialFiles: () => [
    hook('security_file_open', 'credential-files', 'Blocked a write to a credential file', {
      args: [{ index: 0, type: 'file' }, uint32(0, 'f_flags')],
      selectors: [
        {
          matchArgs: [
            matchArg(0, 'Equal', ['/etc/shadow', '/etc/passwd', '/etc/sudoers']),
            matchArg(1, 'Mask', [WRITE_FLAGS]),
          ],
        },
      ],
    }),
  ],
};

/** Spares only PID 1 of its namespace holding CAP_SYS_ADMIN, which is runc init setting a container up. */
const ALL_BUT_RUNTIME_INIT: readonly Conditions[] = [
  { matchCapabilities: [{ type: 'Effective', operator: 'NotIn', values: ['CAP_SYS_ADMIN'] }] },
  { matchPIDs: [{ operator: 'NotIn', values: [1], isNamespacePID: true, followForks: false }] },
];

interface Hook {
  readonly syscall?: boolean;
  /** Not every supported kernel has the function. */
  readonly optional?: boolean;
  readonly args?: NonNullable<Kprobe['args']>;
  /** Each kills on its own; none given: the call is always killed. */
  readonly selectors?: readonly Conditions[];
}

function hook(
  call: string,
  tag: string,
  message: string,
  { syscall = false, optional = false, args, selectors = [{}] }: Hook,
): Kprobe {
  return {
    call,
    syscall,
    message: `${message} (cluster baseline)`,
    tags: ['lattice.dev/baseline', tag],
    ...(optional ? { ignore: { callNotFound: true } } : {}),
    ...(args === undefined ? {} : { args }),
    selectors: selectors.map((conditions) => kill(TARGET, conditions)),
  };
}
