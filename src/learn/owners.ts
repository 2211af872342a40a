import { assignedLabels } from '../compiler/derive/pod-selectors.ts';
import { type LabelSelector, selects } from '../compiler/model/label-selector.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { compareText } from '../compiler/model/ordered.ts';
import type { Container, Workload } from '../compiler/model/workload.ts';
import { readBlocked } from '../events/blocked.ts';
import { TooManyEvents } from '../events/events-unreadable.ts';
import type { EventPod, TetragonEvent } from '../events/tetragon-event.ts';

/** The container that an event belongs to. */
export interface Owner {
  readonly workload: Workload;
  readonly container: Container;
}

/** Why an event belongs to no container of the workloads. */
export const UNOWNED = {
  host: 'A process of the host, in no pod.',
  'other-namespace': 'A pod of a namespace in which none of the workloads is.',
  'other-pod': 'A pod that none of the workloads selects by its labels.',
  'several-workloads': 'A pod that several of the workloads select.',
  'other-container':
    'A container that the workload does not declare, such as one that is injected, or one that the event does not name.',
} as const;

/** A reason for which an event belongs to no container of the workloads. */
export type UnownedReason = keyof typeof UNOWNED;

/** The most characters of what tells pods apart that are remembered. */
const REMEMBERED = 2_000_000;

/**
 * Finds the container of an event: by the namespace and the labels of its pod, which a workload selects, and by the name
 * of the container.
 */
export class Owners {
  readonly #byNamespace = new Map<string, Workload[]>();
  readonly #containers = new Map<Workload, Map<string, Owner>>();
  /** The workload of pods by their namespace and what selectors ask of their labels, or the reason why they have none. */
  readonly #byPod = new Map<string, Workload | UnownedReason>();
  readonly #asked = new Map<string, AskedLabels>();
  /** The characters of the keys of the pods that are remembered. */
  #remembered = 0;
  #comparisons: number;

  /** @param comparisons How many conditions and values of selectors may be compared with the labels of pods in all. */
  constructor(workloads: readonly Workload[], comparisons: number = LIMITS.labelComparisons) {
    this.#comparisons = comparisons;
    for (const workload of workloads) {
      if (workload.unenforced !== undefined) continue;
      this.#byNamespace.set(workload.namespace, [
        ...(this.#byNamespace.get(workload.namespace) ?? []),
        workload,
      ]);
      this.#containers.set(
        workload,
        new Map(workload.containers.map((container) => [container.name, { workload, container }])),
      );
    }
    for (const [namespace, here] of this.#byNamespace)
      this.#asked.set(namespace, new AskedLabels(here.map(selectorOf)));
  }

  /** The container of an event, or the reason why it has none. */
  ownerOf(event: TetragonEvent): Owner | UnownedReason {
    const { pod } = event.process;
    if (pod === undefined) return this.#bySubject(event);
    const workload = this.#workloadOf(pod);
    if (typeof workload === 'string') return workload;
    return this.#containers.get(workload)?.get(pod.container?.name ?? '') ?? 'other-container';
  }

  #workloadOf({ namespace, labels }: EventPod): Workload | UnownedReason {
    const here = this.#byNamespace.get(namespace);
    const asked = this.#asked.get(namespace);
    if (here === undefined || asked === undefined) return 'other-namespace';
    const key = `${namespace}\n${asked.keyOf(labels)}`;
    const known = this.#byPod.get(key);
    if (known !== undefined) return known;
    this.#comparisons -= asked.conditions;
    if (this.#comparisons < 0)
      throw new TooManyEvents(
        'The pods of the events have too many different labels to be compared with the selectors of the workloads. Send fewer workloads at once, or the events of a shorter time.',
      );
    const [first, ...more] = here.filter((workload) => selectsPod(workload, labels));
    const found = first === undefined ? 'other-pod' : more.length === 0 ? first : 'several-workloads';
    this.#remember(key, found);
    return found;
  }

  #remember(key: string, found: Workload | UnownedReason): void {
    this.#remembered += key.length;
    if (this.#remembered > REMEMBERED) {
      this.#byPod.clear();
      this.#remembered = key.length;
    }
    this.#byPod.set(key, found);
  }

  /**
   * The container of an event without a pod, by the message of our policy. When the runtime starts the program of a
   * container, the agent may still count the process among those of the host.
   */
  #bySubject(event: TetragonEvent): Owner | UnownedReason {
    const read = event.kind === 'kprobe' ? readBlocked(event) : undefined;
    if (read?.ok !== true) return 'host';
    const { namespace = '', service, container, confined } = read.blocked;
    const here = this.#byNamespace.get(namespace);
    if (here === undefined) return service === undefined ? 'host' : 'other-namespace';
    const [first, ...more] = here.filter(({ name }) => name === service);
    if (first === undefined) return 'other-pod';
    if (more.length > 0) return 'several-workloads';
    const owners = this.#containers.get(first);
    if (confined === true && container !== undefined) return owners?.get(container) ?? 'other-container';
    const [only, ...others] = owners?.values() ?? [];
    return only === undefined || others.length > 0 ? 'other-container' : only;
  }
}

/** What some selectors ask of labels. Pods that do not differ in that are selected alike. */
class AskedLabels {
  /** How many conditions the selectors have, each value of a condition counted. */
  readonly conditions: number;
  /** The values that the selectors name, by the label. */
  readonly #values = new Map<string, Set<string>>();

  constructor(selectors: readonly LabelSelector[]) {
    let conditions = 0;
    for (const { matchLabels = {}, matchExpressions = [] } of selectors) {
      const asked: [string, readonly string[]][] = [
        ...Object.entries(matchLabels).map(([key, value]): [string, readonly string[]] => [key, [value]]),
        ...matchExpressions.map((each): [string, readonly string[]] => [
          each.key,
          'values' in each ? each.values : [],
        ]),
      ];
      for (const [key, values] of asked) {
        conditions += 1 + values.length;
        const known = this.#values.get(key) ?? new Set();
        for (const value of values) known.add(value);
        this.#values.set(key, known);
      }
    }
    this.conditions = conditions;
  }

  /** A text that is the same for labels that no selector tells apart. */
  keyOf(labels: EventPod['labels']): string {
    const asked = Object.entries(labels).flatMap(([key, value]) => {
      const values = this.#values.get(key);
      if (values === undefined) return [];
      return [values.has(value) ? [key, value] : [key]];
    });
    return JSON.stringify(asked.sort(([a = ''], [b = '']) => compareText(a, b)));
  }
}

function selectorOf(workload: Workload): LabelSelector {
  // Pods without labels of their own get one from us, with the policies.
  return workload.podSelector ?? { matchLabels: assignedLabels(workload) ?? {} };
}

function selectsPod(workload: Workload, labels: EventPod['labels']): boolean {
  const selector = selectorOf(workload);
  const { matchLabels = {}, matchExpressions = [] } = selector;
  // A selector without a condition selects everything, and so says nothing.
  return Object.keys(matchLabels).length + matchExpressions.length > 0 && selects(selector, labels);
}
