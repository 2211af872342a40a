import { selects } from '../model/label-selector.ts';
import type { Notice } from '../model/notices.ts';
import { compareText } from '../model/ordered.ts';
import type { SecurityOverride } from '../model/override.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import { securityOverrides } from './overrides.ts';

/**
 * The kinds that create objects of each kind. The table has no cycle, so two objects can never each be left out because
 * of the other: at least one of them is judged.
 */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  pod: ['replicaset', 'statefulset', 'daemonset', 'job', 'replicationcontroller'],
  replicaset: ['deployment'],
  job: ['cronjob'],
  'raycluster.ray.io': ['rayjob.ray.io', 'rayservice.ray.io'],
  'rayjob.ray.io': ['raycronjob.ray.io'],
  'configuration.serving.knative.dev': ['service.serving.knative.dev'],
  'revision.serving.knative.dev': ['configuration.serving.knative.dev'],
};
/** The kinds of Kubernetes that kinds with a group create. Those create each other only as the table says. */
const MADE_BY_OTHERS = ['pod', 'replicaset', 'job', 'deployment', 'statefulset', 'daemonset'];

function makes(maker: string, kind: string): boolean {
  return MAKERS[kind]?.includes(maker) === true || (maker.includes('.') && MADE_BY_OTHERS.includes(kind));
}

/**
 * Leaves out the objects that another workload of the same body has created, such as the pods of a Deployment in a dump
 * of a cluster. Anybody can write an owner reference, so an object is left out only when all of this holds: the owner
 * asks for every override that the object asks for, both have the same containers with the same security contexts, and
 * the policies of the owner select the pods of the object.
 *
 * @returns The workloads that remain, a notice `OwnedByJudged` for each that was left out, and by whom each of these was
 *   created. The creator may be left out itself.
 */
export function withoutOwned(workloads: readonly Workload[]): {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
  readonly makers: ReadonlyMap<Workload, Workload>;
} {
  // One owner may have made hundreds of objects, so what is compared of it is found out once.
  const questionsOf = onceForEach((workload) => new Set(questions(workload)));
  const protectionOf = onceForEach(protection);
  const notices: Notice[] = [];
  const makers = new Map<Workload, Workload>();
  const objects = byObject(workloads);
  const kept = workloads.filter((workload) => {
    const owner = ownerOf(workload, objects);
    if (owner?.podSelector === undefined || owner.unenforced !== workload.unenforced) return true;
    const mine = questionsOf(workload);
    const theirs = questionsOf(owner);
    if (!selects(owner.podSelector, workload.podLabels) || [...mine].some((each) => !theirs.has(each)))
      return true;
    // A stricter object asks for no overrides, but would lose the policies that its security context demands.
    if (protectionOf(owner) !== protectionOf(workload)) return true;
    makers.set(workload, owner);
    notices.push({
      code: 'OwnedByJudged',
      service: workloadId(owner),
      message: `The ${workload.kind} ${workload.name} is made by the ${owner.kind} ${owner.name}, which asks for all that it does: it is judged and protected by that.`,
      document: workload.source.document,
      path: workload.source.path,
    });
    return false;
  });
  return { workloads: kept, notices, makers };
}

/**
 * Makes a test that keeps a notice unless it is about a workload that was left out.
 *
 * @param all Every workload that was read.
 * @param kept Those that {@link withoutOwned} has kept.
 */
export function about(
  all: readonly Workload[],
  kept: readonly Workload[],
): (notice: Pick<Notice, 'service'>) => boolean {
  const services = new Set(kept.map(workloadId));
  const left = new Set(all.map(workloadId).filter((id) => !services.has(id)));
  return ({ service }) => !left.has(service);
}

/** A function of workloads that finds out its answer about each of them once. */
function onceForEach<T>(answer: (workload: Workload) => T): (workload: Workload) => T {
  const answers = new Map<Workload, { readonly answer: T }>();
  return (workload) => {
    const held = answers.get(workload) ?? { answer: answer(workload) };
    answers.set(workload, held);
    return held.answer;
  };
}

/** The names and security contexts of all containers, as one text that can be compared. */
function protection({ containers }: Workload): string {
  const named = containers.map(({ name, security }) => [name, security] as const);
  return JSON.stringify(named.sort(([a], [b]) => compareText(a, b)));
}

/** The workloads of each object, by its kind, namespace and name. */
function byObject(workloads: readonly Workload[]): ReadonlyMap<string, readonly Workload[]> {
  return Map.groupBy(workloads, ({ kind, namespace, name, suffix }) =>
    keyOf({ kind, namespace, name: name.slice(0, name.length - suffix.length) }),
  );
}

function keyOf({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>): string {
  return JSON.stringify([kind, namespace, name]);
}

/** The kinds that make ReplicaSets, and the labels that hold the end of the names of those. */
const HASHES = [
  ['deployment', 'pod-template-hash'],
  ['rollout.argoproj.io', 'rollouts-pod-template-hash'],
] as const;

function ownerOf(
  workload: Workload,
  objects: ReadonlyMap<string, readonly Workload[]>,
): Workload | undefined {
  const { controller, namespace, podLabels } = workload;
  if (controller === undefined || !makes(controller.kind, workload.kind)) return undefined;
  // No kind is made by objects of its own kind, so this is another workload. Of the workloads of one object it is the one
  // that has these pods.
  const named = (kind: string, name: string): Workload | undefined => {
    const found = objects.get(keyOf({ kind, namespace, name })) ?? [];
    const selecting = found.find(({ podSelector }) => podSelector && selects(podSelector, podLabels));
    return selecting ?? found[0];
  };
  const owner = named(controller.kind, controller.name);
  if (owner !== undefined || controller.kind !== 'replicaset') return owner;
  // The output of `kubectl get deployments,pods` lacks the ReplicaSets in between, so their names are read instead:
  // a ReplicaSet is called `<deployment>-<pod-template-hash>`.
  for (const [kind, label] of HASHES) {
    const hash = podLabels[label];
    if (hash === undefined || !controller.name.endsWith(`-${hash}`)) continue;
    const maker = named(kind, controller.name.slice(0, -hash.length - 1));
    if (maker !== undefined) return maker;
  }
  return undefined;
}

function questions(workload: Workload): string[] {
  return securityOverrides(workload, { authorizeEntrypoints: true, authorizeUnset: true }).map(questionOf);
}

function questionOf({ id, container, image, implicit, readOnly }: SecurityOverride): string {
  return JSON.stringify([id, container, image, implicit, readOnly]);
}
