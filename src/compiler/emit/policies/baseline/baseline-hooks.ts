import type { Kprobe } from '../../kprobe.ts';
import { ALL_BUT_RUNTIME_INIT, type Conditions, matchArg, uint32, WRITE_FLAGS } from '../../selectors.ts';
import type { BaselineOptions } from './baseline-options.ts';

/** A hook of the baseline. */
export interface BaselineHook {
  /** The kernel function. */
  readonly call: string;
  /** The tag of its events. */
  readonly tag: string;
  /** What the hook blocks, as it reads after "Blocked" in the message. */
  readonly what: string;
  readonly syscall?: boolean;
  /** Whether the effect of the call outlives the process. With `action: deny` such a call fails too. */
  readonly lasting?: boolean;
  /** Whether the call fails but the process lives. */
  readonly spared?: boolean;
  /** Whether some supported kernels lack the function. */
  readonly optional?: boolean;
  readonly args?: NonNullable<Kprobe['args']>;
  /** The conditions, one of which must hold for the call to be stopped. When left out, every call is stopped. */
  readonly selectors?: readonly Conditions[];
}

/** Files that a process could change to become another user. */
const CREDENTIAL_FILES = ['/etc/shadow', '/etc/passwd', '/etc/sudoers'];

/** Makes the hooks of each tier. */
export const BASELINE_HOOKS: Record<
  BaselineOptions['tiers'][number],
  (options: BaselineOptions) => BaselineHook[]
> = {
  // PTRACE_MODE_ATTACH is 2. PTRACE_MODE_READ (1) is allowed, because ps and monitoring agents use it.
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
    // clone(CLONE_NEWUSER) calls this function too.
    {
      call: 'security_create_user_ns',
      tag: 'namespaces',
      what: 'the creation of a user namespace',
      optional: true,
    },
    // The mask has every flag of a new namespace except CLONE_NEWTIME. By clone() with CLONE_NEWPID a child becomes PID 1.
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
    // The path of a dentry starts at the root of its filesystem, which for these files is the root of the container.
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
