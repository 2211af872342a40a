import type { Container, Workload } from '../compiler/model/workload.ts';
import type { EventProcess } from '../events/tetragon-event.ts';
import { classesByName } from './binary-classes.ts';

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

/** A container whose processes are looked at. */
export interface Subject {
  readonly workload: Workload;
  readonly actions: readonly DeclaredAction[];
}

/** What a probe or a hook of a container runs, in the form in which events have it. */
interface DeclaredAction {
  readonly binary: string;
  /** Its arguments, as the agent writes them. */
  readonly given: string;
  /** Whether the binary may be a script. A shell or an interpreter is a program. */
  readonly mayBeScript: boolean;
}

/** A container as the subject of events. Its actions are written once, because they may be as long as the body. */
export function subjectOf(workload: Workload, container: Container): Subject {
  const { execProbes, lifecycleBinaries, backupHooks } = container;
  return {
    workload,
    actions: [...execProbes, ...lifecycleBinaries, ...backupHooks].map(({ binary, words }) => {
      const classes = classesByName(binary);
      return {
        binary,
        given: asEvent(words.slice(1)),
        mayBeScript: !classes.includes('shell') && !classes.includes('interpreter'),
      };
    }),
  };
}

/**
 * Where a process of a container comes from.
 *
 * @param parent The process that started it, where the event knows.
 */
export function originOf(
  process: EventProcess,
  parent: EventProcess | undefined,
  { workload, actions }: Subject,
): Origin {
  if (isRuntimeStage(process, workload)) return 'runtime';
  if (process.inInitTree === true) return 'tree';
  if (isDeclared(process, actions) || (parent?.pod !== undefined && isDeclared(parent, actions)))
    return 'declared';
  // Of a process that it found in /proc, the agent does not know the tree.
  if (process.inInitTree === false && !process.fromProc && !sharesProcesses(workload)) return 'outside';
  return process.pod?.container?.pid === 1 ? 'tree' : 'unknown';
}

/**
 * Where a binary comes from that a process was about to run. The process may be the container runtime, which runs what the
 * container starts, and also what a probe, a hook or `kubectl exec` puts into it.
 *
 * @param path The path of the binary.
 */
export function originOfRun(
  path: string,
  process: EventProcess,
  parent: EventProcess | undefined,
  subject: Subject,
): Origin {
  const origin = originOf(process, parent, subject);
  if (origin !== 'runtime' && origin !== 'outside') return origin;
  if (process.inInitTree === true) return 'tree';
  if (process.inInitTree === undefined || sharesProcesses(subject.workload)) return 'unknown';
  // The words of the runtime do not tell those of the program, so a probe or a hook is not told from kubectl exec.
  return subject.actions.some(({ binary }) => names(binary, path)) ? 'unknown' : 'outside';
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
export function isDeclared(process: EventProcess, actions: Subject['actions']): boolean {
  if (process.pod?.container?.maybeExecProbe === true) return true;
  return actions.some((action) => runs(process, action));
}

/** Whether a path is that of a binary as an action has it: absolute, relative to a directory, or looked up by its name. */
export function names(declared: string, path: string): boolean {
  return declared.startsWith('/')
    ? path === declared
    : path.endsWith(`/${declared.replace(/^(?:\.\/+)+/, '')}`);
}

function runs(process: EventProcess, action: DeclaredAction): boolean {
  if (!names(action.binary, process.binary)) return false;
  const given = process.arguments.trimStart();
  return given === action.given || (action.mayBeScript && isOfScript(process.binary, given, action.given));
}

/**
 * Whether arguments are those of a script: behind its `#!` line, the kernel puts at most one word of that line, and the path
 * of the script. What stands there for a program would be its own arguments.
 */
function isOfScript(path: string, given: string, declared: string): boolean {
  const [first = '', second = ''] = wordsOf(given);
  const script = asEvent([path]);
  const rest = declared === '' ? '' : ` ${declared}`;
  return given === `${script}${rest}` || (second !== '' && given === `${first} ${script}${rest}`);
}

/** The first words of arguments, with their quotes. */
function wordsOf(given: string): string[] {
  return given.slice(0, LONGEST_WORDS).match(/"[^"]*"|[^ ]+/g) ?? [];
}

/** The words before the arguments of a script are short: the kernel reads 256 bytes of a `#!` line. */
const LONGEST_WORDS = 1_024;

/** Arguments as the agent writes them: separated by spaces, and in quotes where they hold one. Empty first ones leave nothing. */
function asEvent(words: readonly string[]): string {
  return words
    .map((word) => (word.includes(' ') ? `"${word}"` : word))
    .join(' ')
    .trimStart();
}
