import type { Kprobe } from '../../src/compiler/emit/kprobe.ts';
import type { Manifest } from '../../src/compiler/emit/tracing-policy.ts';

/** The pod of an event, in the JSON of Tetragon. */
export interface PodJson {
  readonly namespace: string;
  readonly name: string;
  readonly container?: { readonly name: string };
  readonly pod_labels?: Readonly<Record<string, string>>;
  readonly workload?: string;
  readonly workload_kind?: string;
}

/** An event, in the JSON of Tetragon. */
export interface KprobeJson {
  readonly process_kprobe: Readonly<Record<string, unknown>> & {
    readonly process: Readonly<Record<string, unknown>>;
    readonly policy_name: string;
    readonly message: string;
    readonly tags: readonly string[];
    readonly args: readonly Readonly<Record<string, unknown>>[];
  };
  readonly node_name: string;
  readonly time: string;
}

/** The values of the arguments of a hook, by label, or by position where it has no label. */
export type ArgValues = Readonly<Record<string, string | number>>;

/**
 * The event that Tetragon prints when a hook of a manifest matches: the arguments under the keys of their types, with the
 * labels of the policy. Source: `getKprobeArgument` in pkg/grpc/tracing/tracing.go, and `getPolicyMessage` for the message,
 * which is cut at 256 bytes.
 */
export function eventOf(
  { metadata }: Pick<Manifest, 'metadata'>,
  kprobe: Kprobe,
  { values = {}, pod, binary = '/usr/bin/app' }: { values?: ArgValues; pod?: PodJson; binary?: string } = {},
): KprobeJson {
  const process = { exec_id: 'a', pid: 42, uid: 1000, cwd: '/', binary, in_init_tree: true };
  return {
    process_kprobe: {
      process: { ...process, ...(pod === undefined ? {} : { pod }) },
      parent: { exec_id: 'b', pid: 1, uid: 1000, cwd: '/', binary: '/usr/bin/app', in_init_tree: true },
      function_name: kprobe.syscall ? `__x64_${kprobe.call}` : kprobe.call,
      args: (kprobe.args ?? []).map(({ type, label }, position) => ({
        ...printed(type, values[label ?? position] ?? values[position]),
        ...(label === undefined ? {} : { label }),
      })),
      action: 'KPROBE_ACTION_SIGKILL',
      policy_name: metadata.name,
      return_action: 'KPROBE_ACTION_POST',
      message: kprobe.message.slice(0, 256),
      tags: kprobe.tags,
    },
    node_name: 'node-1',
    time: '2026-11-25T21:08:07.560264089Z',
  };
}

/** The events of all hooks of some manifests, each with the manifest and the hook. */
export function eventsOf(
  manifests: readonly Manifest[],
  pod?: PodJson,
): { manifest: Manifest; kprobe: Kprobe; event: KprobeJson }[] {
  return manifests.flatMap((manifest) =>
    manifest.spec.kprobes.map((kprobe) => ({
      manifest,
      kprobe,
      event: eventOf(manifest, kprobe, pod === undefined ? {} : { pod }),
    })),
  );
}

function printed(type: string, value: string | number = type.startsWith('uint') ? 0 : ''): object {
  switch (type) {
    case 'file':
      return { file_arg: { path: value, permission: '-rw-r--r--' } };
    case 'path':
    case 'dentry':
      return { path_arg: { path: value, permission: '-rw-r--r--' } };
    case 'linux_binprm':
      return { linux_binprm_arg: { path: value, permission: '-rwxr-xr-x' } };
    case 'string':
      return { string_arg: value };
    case 'int':
      return { int_arg: Number(value) };
    case 'uint32':
      return { uint_arg: Number(value) };
    case 'uint64':
      return { size_arg: String(value) };
    default:
      return { [`${type}_arg`]: String(value).padStart(16, '0') };
  }
}
