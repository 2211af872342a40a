import type { Blocked } from '../events/blocked.ts';
import type { BlockedAction } from '../events/blocked-action.ts';
import { TooManyEvents } from '../events/events-unreadable.ts';
import type { Origin } from './origin.ts';
import type { Owner } from './owners.ts';

/** How much may be kept of the events of one request. */
export interface ObservationLimits {
  /** Distinct things: binaries, pods, starts, directories and their combinations. */
  readonly observations: number;
  /** Characters of their names. */
  readonly observationCharacters: number;
}

/** Counts what is kept of events, so that no events, however various, fill the memory. */
export class ObservationBudget {
  readonly #limits: ObservationLimits;
  #entries = 0;
  #characters = 0;

  constructor(limits: ObservationLimits) {
    this.#limits = limits;
  }

  /** Counts one more thing with this name. @throws TooManyEvents */
  spend(name: string): void {
    this.#entries += 1;
    this.#characters += shownLength(name);
    const { observations, observationCharacters } = this.#limits;
    if (this.#entries > observations || this.#characters > observationCharacters)
      throw new TooManyEvents(
        `The events show more than can be kept: ${observations} distinct binaries, pods and directories, with names of ${observationCharacters} characters in all. Send the events of fewer workloads, or of a shorter time.`,
      );
  }
}

/** The characters that an answer writes for one that cannot be seen, such as `\\u{202e}`. */
const ESCAPED = 9;

/** How long a name is in an answer, at most. */
function shownLength(name: string): number {
  const odd = name.match(/[^\x20-\x7e]/g)?.length ?? 0;
  return name.length + odd * (ESCAPED - 1);
}

/** What was seen of a binary in a container. */
export interface SeenBinary {
  /** The path by which it was started, or for a process that ran before the agent did, the path of its file. */
  readonly path: string;
  /** Paths of its file after symbolic links, where events tell them; a script has that of its interpreter too. */
  readonly resolved: Set<string>;
  /** How often it was started. */
  runs: number;
  first: string;
  last: string;
  /** How often each binary started it; the empty text stands for a process outside the container. */
  readonly parents: Map<string, number>;
  /** Numbers of the pods in which it ran. */
  readonly pods: Set<number>;
  readonly origins: Set<Origin>;
  /** Whether a probe or a hook of the workload has started it. */
  ofDeclared: boolean;
  /** The binaries that started it outside the process tree of the container. */
  readonly outsideParents: Set<string>;
  /** Whether it ran from a memfd or a deleted file. */
  unlinked: boolean;
  /** Whether an event is of its execution, and so tells the path; not when the agent only found its process in /proc. */
  executed: boolean;
  /** Whether it is a script that was started by a relative path. */
  relativeScript: boolean;
  /** How often allow-binaries has stopped it, or would have. */
  stopped: number;
}

/** What was tried, as far as it counts as the same: of a change of the root filesystem, only the directory. */
export type StoppedAction =
  | Exclude<BlockedAction, { kind: 'binary' | 'rootfs-write' }>
  | {
      readonly kind: 'rootfs-write';
      /** Undefined where the events do not tell it. */
      readonly directory: string | undefined;
    };

/** Something besides a binary that a policy has stopped, or would have stopped. */
export interface SeenStop {
  readonly policy: Blocked['policy'];
  readonly action: StoppedAction;
  count: number;
  first: string;
  last: string;
  /** The binaries that did it. */
  readonly binaries: Set<string>;
}

/** What was seen of one container of a workload. */
export class Observation {
  readonly owner: Owner;
  readonly binaries = new Map<string, SeenBinary>();
  /** What was stopped, by the policy and the action as JSON. */
  readonly stops = new Map<string, SeenStop>();
  /** The ids of containers that started while events were recorded. */
  readonly starts = new Set<string>();
  /** The time of the first and the last event, in the form of RFC 3339; undefined before the first. */
  first: string | undefined;
  last: string | undefined;
  readonly #pods = new Map<string, number>();
  readonly #budget: ObservationBudget;

  constructor(owner: Owner, budget: ObservationBudget) {
    this.owner = owner;
    this.#budget = budget;
  }

  /** In how many pods the container was seen. */
  get pods(): number {
    return this.#pods.size;
  }

  /** Notes the time of an event. */
  at(time: string): void {
    if (this.first === undefined || time < this.first) this.first = time;
    if (this.last === undefined || time > this.last) this.last = time;
  }

  /** The number of a pod, the same for the same pod; undefined where the event does not tell the pod. */
  pod(id: string): number | undefined {
    if (id === '') return undefined;
    const known = this.#pods.get(id);
    if (known !== undefined) return known;
    this.#budget.spend(id);
    const number = this.#pods.size;
    this.#pods.set(id, number);
    return number;
  }

  /** Notes that a container with this id has started. */
  started(id: string): void {
    this.#add(this.starts, id);
  }

  /** What is known of a binary, with an event of it at a time. */
  binary(path: string, time: string): SeenBinary {
    const known = this.binaries.get(path);
    if (known !== undefined) {
      if (time < known.first) known.first = time;
      if (time > known.last) known.last = time;
      return known;
    }
    this.#budget.spend(path);
    const seen: SeenBinary = {
      path,
      resolved: new Set(),
      runs: 0,
      first: time,
      last: time,
      parents: new Map(),
      pods: new Set(),
      origins: new Set(),
      ofDeclared: false,
      outsideParents: new Set(),
      unlinked: false,
      executed: false,
      relativeScript: false,
      stopped: 0,
    };
    this.binaries.set(path, seen);
    return seen;
  }

  /** Notes who has started a binary, and in which pod. */
  ranIn(seen: SeenBinary, pod: number | undefined, parent: string, count: number): void {
    if (pod !== undefined) this.#add(seen.pods, pod);
    const before = seen.parents.get(parent);
    if (before === undefined) this.#budget.spend(parent);
    seen.parents.set(parent, (before ?? 0) + count);
  }

  /** Notes where a binary comes from, and for one from outside the process tree of the container, who started it. */
  cameFrom(seen: SeenBinary, origin: Origin, parent: string): void {
    seen.origins.add(origin);
    if (origin === 'outside' && parent !== '') this.#add(seen.outsideParents, parent);
  }

  /** Notes a path of the file of a binary. */
  resolvedTo(seen: SeenBinary, path: string): void {
    this.#add(seen.resolved, path);
  }

  /** Notes what a policy has stopped, or would have stopped. */
  stopped(
    policy: Blocked['policy'],
    action: StoppedAction,
    { time, count, binary }: { readonly time: string; readonly count: number; readonly binary: string },
  ): void {
    const key = JSON.stringify([policy, action]);
    const known = this.stops.get(key);
    if (known === undefined) this.#budget.spend(key);
    const stop = known ?? { policy, action, count: 0, first: time, last: time, binaries: new Set<string>() };
    stop.count += count;
    if (time < stop.first) stop.first = time;
    if (time > stop.last) stop.last = time;
    this.#add(stop.binaries, binary);
    this.stops.set(key, stop);
  }

  #add<T extends string | number>(set: Set<T>, value: T): void {
    if (set.has(value)) return;
    this.#budget.spend(typeof value === 'string' ? value : '');
    set.add(value);
  }
}
