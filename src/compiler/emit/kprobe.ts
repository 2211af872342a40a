/**
 * Schemas of the hooks of Tetragon policies (`kprobes`) and of their selectors, as far as they are generated. They hold the
 * limits that the agent enforces, and some that it does not. Source: the CRDs of Tetragon, and `docs/manifests.md`.
 * @module
 */
import { z } from 'zod';

/** The values of a condition. The agent takes an empty `NotEqual` to match everything, so an empty list is refused. */
const values = z.array(z.string().min(1)).min(1);

/** A hook for the examples of schemas. */
export const EXAMPLE_KPROBE = {
  call: 'security_capset',
  syscall: false,
  message: 'capset blocked',
  tags: ['block-capset'],
  selectors: [{ matchActions: [{ action: 'Sigkill' }] }],
};

const ArgTypeSchema = z.enum([
  'file',
  'path',
  'dentry',
  'linux_binprm',
  'string',
  'int',
  'uint32',
  'uint64',
  'cap_effective',
  'cap_inheritable',
  'cap_permitted',
]);

const KprobeArgSchema = z
  .strictObject({
    index: z.int().min(0).max(5),
    type: ArgTypeSchema,
    resolve: z.string().min(1).optional(),
    label: z.string().min(1).optional(),
  })
  .meta({
    id: 'KprobeArg',
    description: 'A value read from an argument of the function.',
    examples: [{ index: 0, type: 'file' }],
  });

const MatchArgSchema = z
  .strictObject({
    args: z.tuple([z.int().min(0).max(4)]),
    operator: z.enum(['Equal', 'NotEqual', 'Mask']),
    values,
  })
  .meta({
    id: 'MatchArg',
    description: 'A condition on one of the args, by its position in the list.',
    examples: [{ args: [0], operator: 'Equal', values: ['0'] }],
  });

const MatchNamespaceSchema = z
  .strictObject({
    namespace: z.literal('Pid'),
    operator: z.literal('NotIn'),
    values: z.tuple([z.literal('host_ns')]),
  })
  .meta({
    id: 'MatchNamespace',
    description: 'The runtime guard: spares the container runtime itself.',
    examples: [{ namespace: 'Pid', operator: 'NotIn', values: ['host_ns'] }],
  });

const MatchPidSchema = z
  .strictObject({
    operator: z.literal('NotIn'),
    values: z.array(z.int().min(1)).min(1),
    isNamespacePID: z.boolean(),
    followForks: z.boolean(),
  })
  .meta({
    id: 'MatchPID',
    description: 'A condition on the process id.',
    examples: [{ operator: 'NotIn', values: [1], isNamespacePID: true, followForks: false }],
  });

const MatchCapabilitySchema = z
  .union([
    z.strictObject({ type: z.literal('Effective'), operator: z.literal('NotIn'), values }),
    z.strictObject({ type: z.literal('Permitted'), operator: z.literal('In'), values }),
  ])
  .meta({
    id: 'MatchCapability',
    description: 'A condition on the capabilities of the process.',
    examples: [{ type: 'Effective', operator: 'NotIn', values: ['CAP_SYS_ADMIN'] }],
  });

/** The agent takes at most two actions of a selector. Override makes the call fail with EPERM (-1). */
const ActionsSchema = z
  .union([
    z.tuple([z.strictObject({ action: z.enum(['Sigkill', 'NoPost']) })]),
    z.tuple([z.strictObject({ action: z.literal('Override'), argError: z.literal(-1) })]),
    z.tuple([
      z.strictObject({ action: z.literal('Override'), argError: z.literal(-1) }),
      z.strictObject({ action: z.literal('Sigkill') }),
    ]),
  ])
  .meta({
    id: 'Actions',
    description:
      '`Sigkill` kills the process. `Override` makes the call fail, so that nothing of it remains. `NoPost` lets the call pass: no later selector is looked at.',
    examples: [[{ action: 'Override', argError: -1 }, { action: 'Sigkill' }]],
  });

const SelectorSchema = z
  .strictObject({
    matchArgs: z.array(MatchArgSchema).min(1).max(5).optional(),
    matchPIDs: z.array(MatchPidSchema).min(1).max(1).optional(),
    matchNamespaces: z.array(MatchNamespaceSchema).min(1).max(1).optional(),
    matchCapabilities: z.array(MatchCapabilitySchema).min(1).max(1).optional(),
    matchActions: ActionsSchema,
  })
  .meta({
    id: 'Selector',
    description:
      'When all its conditions hold, its actions are taken, and no selector after it is looked at.',
    examples: [
      { matchArgs: [{ args: [0], operator: 'Equal', values: ['0'] }], matchActions: [{ action: 'Sigkill' }] },
    ],
  });

/** The types of arguments that are compared with texts. For any other type the agent takes at most four values. */
const TEXT_TYPES: readonly string[] = ['file', 'path', 'dentry', 'linux_binprm', 'string'];

/** Hooks that return nothing, or whose process dies before the call takes effect. An Override on them is refused. */
const NEVER_OVERRIDDEN: readonly string[] = [
  'security_bprm_check',
  'security_bprm_committing_creds',
  'security_bprm_committed_creds',
];

/** Whether a hook can make its call fail, by an `Override` action in one of its selectors. */
export function isOverriding({ selectors }: { readonly selectors: readonly Selector[] }): boolean {
  return selectors.some(({ matchActions }) => matchActions.some(({ action }) => action === 'Override'));
}

/** The schema of a hook. */
export const KprobeSchema = z
  .strictObject({
    call: z.string().min(1),
    syscall: z.boolean(),
    message: z.string().min(1).max(256),
    tags: z.array(z.string().min(2).max(128)).min(1).max(16),
    ignore: z.strictObject({ callNotFound: z.literal(true) }).optional(),
    args: z.array(KprobeArgSchema).min(1).max(5).optional(),
    selectors: z.array(SelectorSchema).min(1).max(5),
  })
  .refine(
    (kprobe) =>
      !isOverriding(kprobe) ||
      (kprobe.call.startsWith('security_') && !NEVER_OVERRIDDEN.includes(kprobe.call)),
    'Only security hooks that decide about a call can be overridden.',
  )
  .superRefine(({ args = [], selectors }, context) => {
    for (const [index, { matchArgs = [] }] of selectors.entries()) {
      for (const [
        position,
        {
          args: [at],
          values: list,
        },
      ] of matchArgs.entries()) {
        const arg = args[at];
        if (arg === undefined) {
          context.addIssue({
            code: 'custom',
            path: ['selectors', index, 'matchArgs', position, 'args'],
            message: 'No such arg.',
          });
        } else if (!TEXT_TYPES.includes(arg.type) && list.length > 4) {
          context.addIssue({
            code: 'custom',
            path: ['selectors', index, 'matchArgs', position, 'values'],
            message: 'At most 4 integer values.',
          });
        }
      }
    }
  })
  .meta({
    id: 'Kprobe',
    description: 'One hooked kernel function and what to do there.',
    examples: [
      {
        call: 'security_capset',
        syscall: false,
        message: 'capset blocked',
        tags: ['block-capset'],
        selectors: [{ matchActions: [{ action: 'Sigkill' }] }],
      },
    ],
  });

/** An argument of a kernel function, and how Tetragon reads it. */
export type KprobeArg = z.output<typeof KprobeArgSchema>;
/** A condition on an argument of a kernel function. */
export type MatchArg = z.output<typeof MatchArgSchema>;
/** Conditions that must all hold, and what Tetragon does then. */
export type Selector = z.output<typeof SelectorSchema>;
/** A kernel function that Tetragon hooks, with its selectors. */
export type Kprobe = z.output<typeof KprobeSchema>;
