import { z } from 'zod';

/** The container's root as containerd and CRI-O mount it with overlayfs (`linux/magic.h`). */
const OVERLAYFS_MAGIC = '0x794c7630';

const NOT_A_MAGIC = 'Expected a filesystem magic of 1 to 32 bits, e.g. 0x794c7630.';

const FilesystemMagic = z
  .string()
  .regex(/^(0[xX][0-9a-fA-F]{1,8}|[1-9][0-9]{0,9})$/, { error: NOT_A_MAGIC, abort: true })
  .refine((text) => Number(text) >= 1 && Number(text) <= 0xffff_ffff, NOT_A_MAGIC)
  .meta({
    id: 'FilesystemMagic',
    description: 'The `s_magic` of a filesystem, hexadecimal or decimal (linux/magic.h).',
    examples: [OVERLAYFS_MAGIC],
  });

/** The options of a compilation. Each has a safe default. */
export const CompileOptionsSchema = z
  .strictObject({
    mode: z
      .enum(['enforce', 'monitor'])
      .default('enforce')
      .meta({
        description: '`monitor` reports what `enforce` would kill, for a staged rollout.',
        examples: ['enforce'],
      }),
    action: z
      .enum(['kill', 'deny'])
      .optional()
      .meta({
        description:
          '`kill`: the process is killed, but what it did with the call may remain: a file cut short or removed, or written by another process that shares its files. `deny`: the call fails too, where its effect would outlive the process; this takes some 2.5 MB of kernel memory on every node for each such hook, and kernels and agents with fmod_ret; without it no policy that denies loads. Left out: `kill` for policies of one service, `deny` for the cluster policies of `layout=shared`.',
        examples: ['deny'],
      }),
    layout: z
      .enum(['per-policy', 'merged', 'shared'])
      .default('per-policy')
      .meta({
        description:
          '`per-policy`: up to four policies per service. `merged`: one per service. `shared`: cluster-wide policies for the security context, chosen by pod labels that the answer lists; only the allowlist stays per service. A Tetragon agent holds at most 128 policies.',
        examples: ['per-policy'],
      }),
    scope: z
      .enum(['pod', 'container'])
      .default('pod')
      .meta({
        description:
          '`pod`: one set of policies for all containers, as permissive as the most permissive of them. `container`: one set per container.',
        examples: ['pod'],
      }),
    unset: z
      .enum(['declared', 'restricted'])
      .default('declared')
      .meta({
        description:
          'How an absent field counts. `declared`: as not asked for. `restricted`: as hardened, as the Lattice operator does.',
        examples: ['declared'],
      }),
    pathMatching: z
      .enum(['either', 'resolved'])
      .default('either')
      .meta({
        description:
          '`either`: a binary may run if its path as requested or as resolved through symlinks is listed. `resolved`: only the resolved path counts; for images whose symlinks are known.',
        examples: ['either'],
      }),
    mergedUsr: z
      .boolean()
      .default(false)
      .meta({
        description:
          'True: the allowlist holds both names of a file that has two where `/bin`, `/sbin`, `/lib` and `/lib64` are links into `/usr`, as on Debian, Ubuntu and Fedora: `/usr/bin/sleep` besides `/bin/sleep`, and the reverse. Nobody is asked about the second name, which is another file on images where those are folders of their own, such as those of Alpine.',
        examples: [false],
      }),
    rootfsMagic: z
      .array(FilesystemMagic)
      .min(1)
      .max(4)
      .default([OVERLAYFS_MAGIC])
      .meta({
        description: 'Filesystems that hold a container root, for other snapshotters than overlayfs. 1 to 4.',
        examples: [[OVERLAYFS_MAGIC]],
      }),
  })
  .meta({
    id: 'CompileOptions',
    description: 'The options of a compilation.',
    examples: [{ layout: 'merged', mode: 'monitor' }],
  });

/** What happens to a process that does something forbidden, and to its call. */
export type Action = NonNullable<z.output<typeof CompileOptionsSchema>['action']>;

/** The options of a compilation, defaults filled in. */
export type CompileOptions = z.output<typeof CompileOptionsSchema>;

/**
 * The options as they take effect. An action that is left out follows from the layout.
 *
 * @example
 * effectiveOptions({ ...DEFAULT_OPTIONS, layout: 'shared' }).action; // => 'deny'
 */
export function effectiveOptions(options: CompileOptions): CompileOptions & { readonly action: Action } {
  return { ...options, action: options.action ?? (options.layout === 'shared' ? 'deny' : 'kill') };
}

/** The options of a compilation that is asked for nothing special. */
export const DEFAULT_OPTIONS: CompileOptions = CompileOptionsSchema.parse({});
