/**
 * Events of a cluster, as the agent writes them for pods.
 * @module
 */

/** A process of a pod, as far as a test says what it is. */
export interface Ran {
  readonly binary: string;
  readonly args?: string;
  readonly parent?: string;
  /** Seconds after the first event. */
  readonly at?: number;
  readonly pod?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly container?: string;
  readonly containerId?: string;
  /** `init`: started by the runtime. `tree`: by another process of the container. `outside`: by kubectl exec. */
  readonly from?: 'init' | 'tree' | 'outside';
  readonly process?: Readonly<Record<string, unknown>>;
}

const START = Date.parse('2026-11-25T08:00:00Z');

/** The time of an event, some seconds after the first. */
export function timeAt(seconds: number): string {
  return new Date(START + seconds * 1_000).toISOString().replace('Z', '000000Z');
}

function podOf(ran: Ran): Record<string, unknown> {
  const pod = ran.pod ?? 'web-1';
  return {
    namespace: ran.namespace ?? 'shop',
    name: pod,
    uid: `uid-${pod}`,
    container: {
      id: ran.containerId ?? `containerd://${pod}`,
      name: ran.container ?? 'web',
      image: { id: 'docker.io/library/web@sha256:0', name: 'docker.io/library/web:1' },
      pid: ran.from === 'init' || ran.from === undefined ? 1 : 7,
    },
    pod_labels: ran.labels ?? { app: 'web' },
    workload: 'web',
    workload_kind: 'Deployment',
  };
}

function processOf(ran: Ran): Record<string, unknown> {
  return {
    exec_id: `${ran.pod ?? 'web-1'}:${ran.binary}:${ran.at ?? 0}`,
    binary: ran.binary,
    arguments: ran.args ?? '',
    cwd: '/',
    uid: 1000,
    flags: 'execve clone',
    pod: podOf(ran),
    docker: 'abc',
    in_init_tree: ran.from !== 'outside',
    ...ran.process,
  };
}

function parentOf(ran: Ran): Record<string, unknown> {
  if (ran.from === 'tree') return processOf({ ...ran, binary: ran.parent ?? '/usr/bin/web', args: '' });
  return {
    exec_id: 'runtime',
    binary: '/usr/bin/runc',
    arguments: 'run',
    flags: 'execve',
    in_init_tree: false,
  };
}

/** The event of the start of a process. */
export function execEvent(ran: Ran): Record<string, unknown> {
  return {
    process_exec: { process: processOf(ran), parent: parentOf(ran) },
    node_name: 'node-1',
    time: timeAt(ran.at ?? 0),
  };
}

/** The event of the end of a process. */
export function exitEvent(ran: Ran): Record<string, unknown> {
  return {
    process_exit: { process: processOf(ran), parent: parentOf(ran), status: 0 },
    node_name: 'node-1',
    time: timeAt(ran.at ?? 0),
  };
}

/** The event of a hook of a policy. */
export function kprobeEvent(
  ran: Ran,
  hook: {
    readonly policy: string;
    readonly name?: string;
    readonly call: string;
    readonly args: readonly unknown[];
    readonly message?: string;
  },
): Record<string, unknown> {
  const { policy, name = `${policy}-web--deployment`, call, args } = hook;
  const message =
    hook.message ?? `Would block something of service ${ran.namespace ?? 'shop'}/web (default version 1)`;
  return {
    process_kprobe: {
      process: processOf(ran),
      parent: parentOf(ran),
      function_name: call,
      args,
      action: 'KPROBE_ACTION_SIGKILL',
      policy_name: name,
      return_action: 'KPROBE_ACTION_POST',
      message,
      tags: ['lattice.dev/runtime-enforcement', policy],
    },
    node_name: 'node-1',
    time: timeAt(ran.at ?? 0),
  };
}

/** The event of a write to the root filesystem. */
export function writeEvent(ran: Ran, path: string): Record<string, unknown> {
  return kprobeEvent(ran, {
    policy: 'block-rootfs-write',
    call: 'security_file_open',
    args: [
      { file_arg: { path, permission: '-rw-r--r--' } },
      { uint_arg: 32_833 },
      { size_arg: '2035054128' },
    ],
    message: 'Would block a write to the root filesystem of service shop/web (default version 1)',
  });
}

/** The event of a binary that is not on the allowlist. */
export function binaryEvent(
  ran: Ran,
  requested: string,
  resolved = requested,
  links = 1,
): Record<string, unknown> {
  return kprobeEvent(ran, {
    policy: 'allow-binaries',
    call: 'security_bprm_check',
    args: [
      { linux_binprm_arg: { path: resolved, permission: '-rwxr-xr-x' }, label: 'resolved' },
      { string_arg: requested, label: 'requested' },
      { uint_arg: links, label: 'links' },
    ],
    message: 'Would block a binary outside the allowlist of service shop/web (default version 1)',
  });
}

/** Events as lines. */
export function toLines(events: readonly unknown[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
