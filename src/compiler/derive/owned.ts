import { selects } from '../model/label-selector.ts';
import type { Notice } from '../model/notices.ts';
import { compareText } from '../model/ordered.ts';
import type { SecurityOverride } from '../model/override.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import { securityOverrides } from './overrides.ts';

/**
 * The kinds of controllers that create objects of each kind. The table has no cycle, so two objects can never each be
 * left out because of the other: at least one of them is judged.
 */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  pod: ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController'],
  replicaset: ['Deployment'],
  job: ['CronJob'],
};

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
  const asked = new Map<Workload, ReadonlySet<string>>();
  const questionsOf = (workload: Workload): ReadonlySet<string> => {
    const held = asked.get(workload) ?? new Set(questions(workload));
    asked.set(workload, held);
    return held;
  };
  const notices: Notice[] = [];
  const makers = new Map<Workload, Workload>();
  const named = byName(workloads);
  const kept = workloads.filter((workload) => {
    const owner = ownerOf(workload, named);
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

/** The names and security contexts of all containers, as one text that can be compared. */
function protectionOf({ containers }: Workload): string {
  const named = containers.map(({ name, security }) => [name, security] as const);
  return JSON.stringify(named.sort(([a], [b]) => compareText(a, b)));
}

/** The first workload of each kind, namespace and name. */
function byName(workloads: readonly Workload[]): ReadonlyMap<string, Workload> {
  const named = new Map<string, Workload>();
  for (const workload of workloads) {
    const key = keyOf(workload);
    if (!named.has(key)) named.set(key, workload);
  }
  return named;
}

function keyOf({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>): string {
  return JSON.stringify([kind, namespace, name]);
}

function ownerOf(workload: Workload, workloads: ReadonlyMap<string, Workload>): Workload | undefined {
  const { controller, namespace, podLabels } = workload;
  if (controller === undefined || MAKERS[workload.kind]?.includes(controller.kind) !== true) return undefined;
  // No kind is made by objects of its own kind, so this is another workload.
  const named = (kind: string, name: string): Workload | undefined =>
    workloads.get(keyOf({ kind, namespace, name }));
  const owner = named(controller.kind.toLowerCase(), controller.name);
  const hash = podLabels['pod-template-hash'];
  if (owner !== undefined || controller.kind !== 'ReplicaSet' || hash === undefined) return owner;
  // The output of `kubectl get deployments,pods` lacks the ReplicaSets in between, so their names are read instead:
  // a ReplicaSet is called `<deployment>-<pod-template-hash>`.
  return controller.name.endsWith(`-${hash}`)
    ? named('deployment', controller.name.slice(0, -hash.length - 1))
    : undefined;
}

function questions(workload: Workload): string[] {
  return securityOverrides(workload, { authorizeEntrypoints: true }).map(questionOf);
}

function questionOf({ id, container, image, implicit, readOnly }: SecurityOverride): string {
  return JSON.stringify([id, container, image, implicit, readOnly]);
}
