import { LIMITS } from '../compiler/model/limits.ts';
import type { Workload } from '../compiler/model/workload.ts';
import { readBlocked } from '../events/blocked.ts';
import type { BlockedAction } from '../events/blocked-action.ts';
import type { EventProcess, KprobeEvent, TetragonEvent } from '../events/tetragon-event.ts';
import { directoryOf, isRelativeScript, joined } from './event-paths.ts';
import { Observation, ObservationBudget, type ObservationLimits, type StoppedAction } from './observation.ts';
import { isDeclared, originOf, originOfRun, type Subject, subjectOf } from './origin.ts';
import { type Owner, Owners, UNOWNED } from './owners.ts';

/** Why events are set aside. */
export const SET_ASIDE = {
  ...UNOWNED,
  runtime: 'A stage of the container runtime, before it runs the program of the container.',
  'other-policy': 'A hook of a policy that is none of Tracewright, or of an older release of it.',
} as const;

/** How many events were set aside, by reason. */
export type SetAside = Record<keyof typeof SET_ASIDE, number>;

/**
 * Takes events one by one, in any order, and keeps of them what was seen of each container: which binaries ran, and what
 * policies have stopped or would have stopped. No argument of a process is kept.
 */
export class Observer {
  readonly setAside: SetAside = {
    host: 0,
    'other-namespace': 0,
    'other-pod': 0,
    'several-workloads': 0,
    'other-container': 0,
    runtime: 0,
    'other-policy': 0,
  };
  readonly #owners: Owners;
  readonly #budget: ObservationBudget;
  readonly #subjects = new Map<Owner, Subject>();
  readonly #observations = new Map<Owner, Observation>();

  /** @param workloads The workloads whose containers are observed. */
  constructor(workloads: readonly Workload[], limits: ObservationLimits = LIMITS) {
    this.#owners = new Owners(workloads);
    this.#budget = new ObservationBudget(limits);
  }

  /** What was seen of each container that was seen at all. */
  get observations(): readonly Observation[] {
    return [...this.#observations.values()];
  }

  /** Takes an event. @throws TooManyEvents when more distinct things are seen than can be kept. */
  take(event: TetragonEvent): void {
    const owner = this.#owners.ownerOf(event);
    if (typeof owner === 'string') {
      this.setAside[owner] += 1;
      return;
    }
    if (event.kind === 'kprobe') this.#takeKprobe(event, owner);
    else this.#takeProcess(event, owner);
  }

  #subjectOf(owner: Owner): Subject {
    const known = this.#subjects.get(owner) ?? subjectOf(owner.workload, owner.container);
    this.#subjects.set(owner, known);
    return known;
  }

  #observationOf(owner: Owner): Observation {
    const known = this.#observations.get(owner);
    if (known !== undefined) return known;
    const observation = new Observation(owner, this.#budget);
    this.#observations.set(owner, observation);
    return observation;
  }

  #takeProcess(event: Exclude<TetragonEvent, KprobeEvent>, owner: Owner): void {
    const { process, parent, time, count } = event;
    const subject = this.#subjectOf(owner);
    const origin = originOf(process, parent, subject);
    if (origin === 'runtime') {
      this.setAside.runtime += 1;
      return;
    }
    const observation = this.#observationOf(owner);
    observation.at(time);
    const seen = observation.binary(process.binary, time);
    observation.cameFrom(seen, origin, parentOf(parent));
    seen.ofDeclared ||= origin === 'declared' && !isDeclared(process, subject.actions);
    seen.unlinked ||= process.unlinked;
    if (process.fromProc) observation.resolvedTo(seen, process.binary);
    else seen.executed ||= event.kind === 'exec' || !isFork(process, parent);
    seen.relativeScript ||= isRelativeScript(process);
    const isStart = event.kind === 'exec' && !process.fromProc;
    if (isStart) seen.runs += count;
    observation.ranIn(seen, observation.pod(podOf(process)), parentOf(parent), isStart ? count : 0);
    if (isStart && origin === 'tree' && isInit(process, parent))
      observation.started(process.pod?.container?.id ?? podOf(process));
  }

  #takeKprobe(event: KprobeEvent, owner: Owner): void {
    const read = readBlocked(event);
    if (!read.ok) {
      this.setAside['other-policy'] += 1;
      return;
    }
    const { blocked } = read;
    const observation = this.#observationOf(owner);
    observation.at(event.time);
    const { policy, action } = blocked;
    if (action.kind === 'binary') {
      this.#takeBinary(event, action, observation);
      return;
    }
    const { time, count, process } = event;
    observation.stopped(policy, actionOf(action), { time, count, binary: process.binary });
  }

  /** A binary that allow-binaries has stopped, or would have: the process of the event is the one that was to run it. */
  #takeBinary(
    event: KprobeEvent,
    { requested, resolved, deleted }: Extract<BlockedAction, { kind: 'binary' }>,
    observation: Observation,
  ): void {
    const { process, parent, time, count } = event;
    const path =
      requested?.startsWith('/') === true ? requested : (resolved ?? joined(requested, process.cwd));
    // A path that the agent could not read whole is told as one that no allowlist can name.
    const seen = observation.binary(path, time);
    const origin = originOfRun(path, process, parent, this.#subjectOf(observation.owner));
    observation.cameFrom(seen, origin, parentOf(process));
    seen.ofDeclared ||= origin === 'declared';
    seen.unlinked ||= deleted;
    seen.executed = true;
    seen.stopped += count;
    if (resolved !== undefined) observation.resolvedTo(seen, resolved);
    observation.ranIn(seen, observation.pod(podOf(process)), parentOf(process), 0);
  }
}

function actionOf(action: Exclude<BlockedAction, { kind: 'binary' }>): StoppedAction {
  if (action.kind !== 'rootfs-write') return action;
  return { kind: action.kind, directory: action.path === undefined ? undefined : directoryOf(action.path) };
}

/** Whether a process is the first of its container: its parent is outside. */
function isInit(process: EventProcess, parent: EventProcess | undefined): boolean {
  return parent === undefined ? process.pod?.container?.pid === 1 : parent.inInitTree !== true;
}

/** Whether a process may have its binary from a parent that ran before the agent did, without having executed it. */
function isFork({ binary }: EventProcess, parent: EventProcess | undefined): boolean {
  return parent?.fromProc === true && parent.binary === binary;
}

/** What identifies the pod of a process; empty when the event does not say. */
function podOf({ pod }: EventProcess): string {
  if (pod === undefined) return '';
  return pod.uid === '' ? pod.name : pod.uid;
}

/** The binary of a process that started another one; empty when it is none of the container. */
function parentOf(process: EventProcess | undefined): string {
  return process?.pod === undefined ? '' : process.binary;
}
