/**
 * The events that Tetragon writes with `tetra getevents -o json` and in the export file of its agent: one JSON object a
 * line. Source: `GetEventsResponse` of Tetragon's API (events.proto), in the JSON of proto3 with the field names of the
 * protocol. Only the fields that are needed are read.
 * @module
 */
import {
  booleanIn,
  isObject,
  type JsonObject,
  listIn,
  numberIn,
  objectIn,
  textIn,
  textsIn,
} from './json-fields.ts';

/** The pod of a process, as the agent knows it from the API server. */
export interface EventPod {
  readonly namespace: string;
  readonly name: string;
  /** Empty in events of agents before 1.4. */
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The workload that the agent derives from the owner of the pod, such as the Deployment; empty when it has none. */
  readonly workload: string;
  /** The kind of that workload, such as `Deployment`. */
  readonly workloadKind: string;
  readonly container: EventContainer | undefined;
}

/** The container of a process. */
export interface EventContainer {
  readonly name: string;
  readonly id: string;
  readonly image: string;
  /** When it started, as a time of RFC 3339; empty when that is unknown. */
  readonly startTime: string;
  /** The process id in the PID namespace of the container: 1 for its init process. */
  readonly pid: number | undefined;
  /** Whether its binary and arguments are those of an exec probe of the container. */
  readonly maybeExecProbe: boolean;
}

/** A process that an event is about. */
export interface EventProcess {
  readonly execId: string;
  /**
   * The binary: the path that was passed to execve, with the working directory before a relative one. For a process
   * that ran before the agent did (`fromProc`), it is the path of the file itself. Empty where the agent could not read it.
   */
  readonly binary: string;
  /** The arguments, separated by spaces. They may be secrets: nothing keeps or answers them. */
  readonly arguments: string;
  readonly cwd: string;
  readonly uid: number | undefined;
  /** Whether the agent found the process in /proc when it started, and did not see it start. */
  readonly fromProc: boolean;
  /**
   * Whether it descends from the init process of its container. False for what `kubectl exec`, probes, hooks and the
   * container runtime start; undefined when the event does not say.
   */
  readonly inInitTree: boolean | undefined;
  /** Whether it is in the PID namespace of the host, as stages of the container runtime are; undefined when unknown. */
  readonly inHostPidNamespace: boolean | undefined;
  /** Whether its binary has no name in any directory: a memfd, or a deleted file. */
  readonly unlinked: boolean;
  /** Undefined for a process of the host. */
  readonly pod: EventPod | undefined;
}

/** An argument of a hooked function: the type by which Tetragon prints it, its label, and its value. */
export interface EventArg {
  /** The key of the value, such as `file_arg` or `uint_arg`; empty when there is none that we know. */
  readonly type: string;
  /** The label that the policy gives to it; empty when it gives none. */
  readonly label: string;
  /** A text, number or object, depending on the type. */
  readonly value: unknown;
}

interface Common {
  /** When it happened, as a time of RFC 3339 in UTC. */
  readonly time: string;
  readonly node: string;
  /** How many such events this one stands for. Above 1 only where the agent aggregates events. */
  readonly count: number;
  readonly process: EventProcess;
  /** The process that started it; undefined when the agent does not know. */
  readonly parent: EventProcess | undefined;
}

/** A process has started to run a binary. */
export interface ExecEvent extends Common {
  readonly kind: 'exec';
}

/** A process has ended. */
export interface ExitEvent extends Common {
  readonly kind: 'exit';
}

/** A hook of a policy has matched. */
export interface KprobeEvent extends Common {
  readonly kind: 'kprobe';
  readonly functionName: string;
  readonly args: readonly EventArg[];
  /** The action of the selector, such as `KPROBE_ACTION_SIGKILL`; the same in monitor mode, which takes none. */
  readonly action: string;
  readonly policyName: string;
  readonly message: string;
  readonly tags: readonly string[];
}

/** An event that is read. */
export type TetragonEvent = ExecEvent | ExitEvent | KprobeEvent;

/** Why a line is not read as an event. */
export type UnreadReason =
  /** It is no JSON. */
  | 'not-json'
  /** It is JSON, but no event of Tetragon. */
  | 'not-an-event'
  /** It is an event of another kind, such as `process_tracepoint`, or of a newer release. */
  | 'other-event'
  /** It is an event of a kind that is read, but lacks the process, its binary or the time. */
  | 'incomplete';

/** What a line is: an event, the report of the agent that it has dropped events, or neither. */
export type ReadEvent =
  | { readonly ok: true; readonly event: TetragonEvent }
  | { readonly ok: false; readonly reason: 'dropped'; readonly dropped: number }
  | { readonly ok: false; readonly reason: UnreadReason };

/** The kinds of events that are read, by the field that holds them. */
const KINDS = { process_exec: 'exec', process_exit: 'exit', process_kprobe: 'kprobe' } as const;

/**
 * Reads a line of events.
 *
 * @example
 * const process = { binary: '/usr/bin/app', in_init_tree: true };
 * const read = readEventLine(JSON.stringify({ process_exec: { process }, time: '2026-11-25T21:06:10Z' }));
 * read.ok && read.event.process.binary; // => '/usr/bin/app'
 * readEventLine('{').reason; // => 'not-json'
 */
export function readEventLine(line: string): ReadEvent {
  try {
    return readEvent(JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, reason: 'not-json' };
    throw error;
  }
}

/** Reads an event that is already parsed, as {@link readEventLine} does. */
export function readEvent(value: unknown): ReadEvent {
  if (!isObject(value)) return { ok: false, reason: 'not-an-event' };
  for (const [field, kind] of Object.entries(KINDS)) {
    const body = objectIn(value, field);
    if (body !== undefined) return readBody(kind, value, body);
  }
  const dropped = readDropped(value);
  if (dropped !== undefined) return { ok: false, reason: 'dropped', dropped };
  const isOther = Object.keys(value).some((key) => key.startsWith('process_'));
  return { ok: false, reason: isOther ? 'other-event' : 'not-an-event' };
}

/** How many events were dropped, at least; undefined for a report of anything else. */
function readDropped(value: JsonObject): number | undefined {
  // The kernel part of the agent drops the events of a cgroup that has too many. It says when, and not how many.
  if (objectIn(value, 'process_throttle') !== undefined) return 1;
  const limited = objectIn(value, 'rate_limit_info');
  if (limited === undefined) return undefined;
  const field = 'number_of_dropped_process_events';
  const unreadable = Object.hasOwn(limited, field) ? 1 : 0;
  return Math.max(0, numberIn(limited, field) ?? unreadable);
}

function readBody(kind: TetragonEvent['kind'], event: JsonObject, body: JsonObject): ReadEvent {
  const process = readProcess(objectIn(body, 'process'));
  const time = readTime(textIn(event, 'time'));
  if (process === undefined || time === undefined) return { ok: false, reason: 'incomplete' };
  const common = {
    time,
    node: textIn(event, 'node_name'),
    count: Math.max(1, numberIn(objectIn(event, 'aggregation_info'), 'count') ?? 1),
    process,
    parent: readProcess(objectIn(body, 'parent')),
  };
  if (kind !== 'kprobe') return { ok: true, event: { kind, ...common } };
  return {
    ok: true,
    event: {
      kind,
      ...common,
      functionName: textIn(body, 'function_name'),
      args: listIn(body, 'args').map(readArg),
      action: textIn(body, 'action'),
      policyName: textIn(body, 'policy_name'),
      message: textIn(body, 'message'),
      tags: listIn(body, 'tags').filter((tag) => typeof tag === 'string'),
    },
  };
}

function readProcess(process: JsonObject | undefined): EventProcess | undefined {
  const binary = textIn(process, 'binary');
  if (process === undefined || binary === '') return undefined;
  const flags = textIn(process, 'flags').split(' ');
  const cwd = textIn(process, 'cwd');
  const file = objectIn(objectIn(process, 'binary_properties'), 'file');
  return {
    execId: textIn(process, 'exec_id'),
    binary: isUnread(binary, cwd, flags) ? '' : binary,
    arguments: textIn(process, 'arguments'),
    cwd,
    uid: numberIn(process, 'uid'),
    fromProc: flags.includes('procFS'),
    inInitTree: booleanIn(process, 'in_init_tree'),
    inHostPidNamespace: readHostPid(objectIn(objectIn(process, 'ns'), 'pid')),
    // The agent states the file only where the binary is a memfd, in shared memory or deleted.
    unlinked: file !== undefined && numberIn(objectIn(file, 'inode'), 'links') === 0,
    pod: readPod(objectIn(process, 'pod')),
  };
}

/**
 * Whether the agent could not read the path of a binary. What it writes then is the working directory, or a path behind a
 * working directory of which it could not read all.
 */
function isUnread(binary: string, cwd: string, flags: readonly string[]): boolean {
  if (flags.includes('errorFilename')) return true;
  return flags.includes('errorPathResolutionCwd') && cwd !== '' && binary.startsWith(cwd);
}

/** proto3 leaves out a boolean that is false, so a namespace without `is_host` is not the host's. */
function readHostPid(namespace: JsonObject | undefined): boolean | undefined {
  return namespace === undefined ? undefined : booleanIn(namespace, 'is_host') === true;
}

function readPod(pod: JsonObject | undefined): EventPod | undefined {
  if (pod === undefined) return undefined;
  const container = objectIn(pod, 'container');
  return {
    namespace: textIn(pod, 'namespace'),
    name: textIn(pod, 'name'),
    uid: textIn(pod, 'uid'),
    labels: textsIn(pod, 'pod_labels'),
    workload: textIn(pod, 'workload'),
    workloadKind: textIn(pod, 'workload_kind'),
    container:
      container === undefined
        ? undefined
        : {
            name: textIn(container, 'name'),
            id: textIn(container, 'id'),
            image: textIn(objectIn(container, 'image'), 'name'),
            startTime: textIn(container, 'start_time'),
            pid: numberIn(container, 'pid'),
            maybeExecProbe: booleanIn(container, 'maybe_exec_probe') === true,
          },
  };
}

function readArg(arg: unknown): EventArg {
  if (!isObject(arg)) return { type: '', label: '', value: undefined };
  const type = Object.keys(arg).find((key) => key.endsWith('_arg')) ?? '';
  return { type, label: textIn(arg, 'label'), value: type === '' ? undefined : arg[type] };
}

/** Matches a time of RFC 3339 in UTC, as the agent writes it: with up to nine digits of a second. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

/** A time in one form, to the millisecond, so that times can be compared as texts; undefined when it is none. */
function readTime(text: string): string | undefined {
  if (!TIME.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
