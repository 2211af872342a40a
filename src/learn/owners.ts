import { assignedLabels } from '../compiler/derive/pod-selectors.ts';
import { selects } from '../compiler/model/label-selector.ts';
import type { Container, Workload } from '../compiler/model/workload.ts';
import { readBlocked } from '../events/blocked.ts';
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

/** The most characters of labels by which the workload of a pod is remembered, and the most of such entries. */
const REMEMBERED = { characters: 2_000, entries: 1_000 } as const;

/**
 * Finds the container of an event: by the namespace and the labels of its pod, which a workload selects, and by the name
 * of the container.
 */
export class Owners {
  readonly #byNamespace = new Map<string, Workload[]>();
  readonly #containers = new Map<Workload, Map<string, Owner>>();
  /** The workload of pods by their namespace and labels, or the reason why they have none. */
  readonly #byPod = new Map<string, Workload | UnownedReason>();

  constructor(workloads: readonly Workload[]) {
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
  }

  /** The container of an event, or the reason why it has none. */
  ownerOf(event: TetragonEvent): Owner | UnownedReason {
    const { pod } = event.process;
    if (pod === undefined) return this.#bySubject(event);
    const workload = this.#workloadOf(pod);
    if (typeof workload === 'string') return workload;
    return this.#containers.get(workload)?.get(pod.container?.name ?? '') ?? 'other-container';
  }

  #workloadOf(pod: EventPod): Workload | UnownedReason {
    const key = `${pod.namespace}\n${JSON.stringify(pod.labels)}`;
    const known = this.#byPod.get(key);
    if (known !== undefined) return known;
    const found = this.#select(pod);
    if (key.length <= REMEMBERED.characters) {
      if (this.#byPod.size >= REMEMBERED.entries) this.#byPod.clear();
      this.#byPod.set(key, found);
    }
    return found;
  }

  #select({ namespace, labels }: EventPod): Workload | UnownedReason {
    const here = this.#byNamespace.get(namespace);
    if (here === undefined) return 'other-namespace';
    const [first, ...more] = here.filter((workload) => selectsPod(workload, labels));
    if (first === undefined) return 'other-pod';
    return more.length === 0 ? first : 'several-workloads';
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

function selectsPod(workload: Workload, labels: EventPod['labels']): boolean {
  // Pods without labels of their own get one from us, with the policies.
  const selector = workload.podSelector ?? { matchLabels: assignedLabels(workload) ?? {} };
  const { matchLabels = {}, matchExpressions = [] } = selector;
  // A selector without a condition selects everything, and so says nothing.
  return Object.keys(matchLabels).length + matchExpressions.length > 0 && selects(selector, labels);
}
