import type { CompileOptions } from '../model/options.ts';
import type { Path } from '../model/pointer.ts';
import type { Workload } from '../model/workload.ts';
import type { NamedManifest } from './layout.ts';
import type { Note } from './note.ts';
import { formerPolicyName } from './policy-names.ts';

/** Whether the runtime guard can be set for the pods of a workload. If it cannot, a notice says what follows. */
export function runtimeGuard(workload: Workload, note: Note): boolean {
  const hostPid = workload.pod.find(({ name, value }) => name === 'hostPID' && value);
  if (hostPid !== undefined) {
    note(
      'HostPidGuardOmitted',
      'The pod shares the PID namespace of the host, so its policies cannot spare the container runtime by namespace: the runtime guard is left out, and the policies apply to the runtime in this pod too. What would kill the runtime is left out: the watch over new, removed, renamed and truncated files of the root filesystem, and over file capabilities.',
      hostPid.path,
    );
  }
  return hostPid === undefined;
}

/** How many former names a notice lists before it only counts the rest. */
const NAMED = 12;

/**
 * Adds a notice about policies that an earlier release gave other names. A policy that was applied under its former name
 * stays in force until it is deleted.
 */
export function noteRenamed(policies: readonly NamedManifest[], note: Note, path: Path): void {
  const former = policies.flatMap(({ identity, manifest }) => {
    const name = formerPolicyName(identity);
    return name === manifest.metadata.name ? [] : [name];
  });
  if (former.length === 0) return;
  const more = former.length <= NAMED ? '' : ` and ${former.length - NAMED} more`;
  note(
    'PolicyRenamed',
    `The names of these policies have changed. Apply the new ones, then delete those of the former names, where the cluster has them: ${former.slice(0, NAMED).join(', ')}${more}.`,
    path,
  );
}

/**
 * Adds a notice that some calls take effect although their process is killed. There is none when the caller chose an
 * action or only monitors.
 */
export function noteLasting(
  policies: readonly NamedManifest[],
  options: CompileOptions,
  note: Note,
  path: Path,
): void {
  if (options.action !== undefined || options.mode === 'monitor') return;
  const lasting = policies.filter((each) => each.lasting && each.manifest.kind === 'TracingPolicyNamespaced');
  if (lasting.length === 0) return;
  note(
    'KillLeavesEffects',
    'A process that writes to the root filesystem is killed, but the call takes effect: a file that it truncates, removes or renames stays so, and another process that shares its open files can still write. Where the root is mounted read-only the calls fail by themselves. action=deny or layout=shared makes them fail in any case, at the cost of kernel memory on every node.',
    path,
  );
}

/** Adds a notice about pods without labels: their policies select them by a label that the answer adds. */
export function noteUnlabelled(
  { kind, source, template }: Workload,
  labels: Readonly<Record<string, string>>,
  note: Note,
): void {
  note(
    'UnlabelledPods',
    `The pods of this ${kind} have no labels, so no policy can select them. Its policies select those with ${Object.entries(labels).flat().join('=')}: add that label to them, as the label patch of the answer does, or give them labels of their own.`,
    [...source.path, ...(template?.metadata ?? [])],
  );
}
