import type { Container, ExecAction, Workload } from '../compiler/model/workload.ts';
import type { EventProcess } from '../events/tetragon-event.ts';

/**
 * Where a process of a container comes from.
 *
 * - `tree`: it descends from the init process of the container, so the container itself started it.
 * - `declared`: a probe, a lifecycle hook or a backup hook of the workload, or what one of them started.
 * - `outside`: it was put into the container from outside, as `kubectl exec` does.
 * - `unknown`: the event does not say.
 * - `runtime`: a stage of the container runtime, before it runs the container's own program.
 */
export type Origin = 'tree' | 'declared' | 'outside' | 'unknown' | 'runtime';

/** Matches how the runtimes run themselves: by their own program, or by a descriptor of a copy of it. */
const RUNTIME_STAGE = /^\/(?:proc\/(?:self|[0-9]+)\/exe|(?:dev|proc\/(?:self|[0-9]+))\/fd\/[0-9]+)$/;

/**
 * Where a process of a container comes from.
 *
 * @param parent The process that started it, where the event knows.
 */
export function originOf(
  process: EventProcess,
  parent: EventProcess | undefined,
  { workload, container }: { readonly workload: Workload; readonly container: Container },
): Origin {
  if (isRuntimeStage(process, workload)) return 'runtime';
  if (process.inInitTree === true) return 'tree';
  if (isDeclared(process, container) || (parent?.pod !== undefined && isDeclared(parent, container)))
    return 'declared';
  // Of a process that it found in /proc, the agent does not know the tree.
  if (process.inInitTree === false && !process.fromProc && !sharesProcesses(workload)) return 'outside';
  return process.pod?.container?.pid === 1 ? 'tree' : 'unknown';
}

function isRuntimeStage(process: EventProcess, workload: Workload): boolean {
  // In a pod that shares the PID namespace of the host, its own processes are in that namespace too.
  if (process.inHostPidNamespace === true) return !hasSwitch(workload, 'hostPID');
  return (
    process.inInitTree !== true && RUNTIME_STAGE.test(process.binary) && /^init\b/.test(process.arguments)
  );
}

/**
 * Whether the containers of a pod share a PID namespace. Then the process with the id 1 is none of the container's own,
 * so the agent sees everything outside the tree of an init process.
 */
function sharesProcesses(workload: Workload): boolean {
  return hasSwitch(workload, 'shareProcessNamespace') || hasSwitch(workload, 'hostPID');
}

function hasSwitch({ pod }: Workload, name: Workload['pod'][number]['name']): boolean {
  return pod.some((flag) => flag.name === name && flag.value);
}

/** Whether a process is what a probe or a hook of the container runs, by its words. */
function isDeclared(process: EventProcess, container: Container): boolean {
  if (process.pod?.container?.maybeExecProbe === true) return true;
  const { execProbes, lifecycleBinaries, backupHooks } = container;
  return [...execProbes, ...lifecycleBinaries, ...backupHooks].some((action) => runs(process, action));
}

function runs({ binary, arguments: given }: EventProcess, { binary: declared, words }: ExecAction): boolean {
  const isSame = declared.includes('/') ? binary === declared : binary.endsWith(`/${declared}`);
  return isSame && given === asEvent(words.slice(1));
}

/** Arguments as the agent writes them: separated by spaces, and in quotes where they hold one. */
function asEvent(words: readonly string[]): string {
  return words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ');
}
