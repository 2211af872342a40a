import { selects } from '../model/label-selector.ts';
import type { Notice } from '../model/notices.ts';
import { compareText } from '../model/ordered.ts';
import type { SecurityOverride } from '../model/override.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import { securityOverrides } from './overrides.ts';

/** What makes objects of a kind. None of it leads back to itself, so somebody is always judged. */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  pod: ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController'],
  replicaset: ['Deployment'],
  job: ['CronJob'],
};

/**
 * Leaves out what another workload of the body has made, as a dump of a cluster holds it. Anybody can write
 * an owner reference, so it counts only where the owner asks for everything that the object asks for, by the
 * same containers with the same security contexts, and where the owner's policies select its pods.
 */
export function withoutOwned(workloads: readonly Workload[]): {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
} {
  const asked = new Map<Workload, ReadonlySet<string>>();
  const questionsOf = (workload: Workload): ReadonlySet<string> => {
    const held = asked.get(workload) ?? new Set(questions(workload));
    asked.set(workload, held);
    return held;
  };
  const notices: Notice[] = [];
  const kept = workloads.filter((workload) => {
    const owner = ownerOf(workload, workloads);
    if (owner?.podSelector === undefined || owner.unenforced !== workload.unenforced) return true;
    const mine = questionsOf(workload);
    const theirs = questionsOf(owner);
    if (!selects(owner.podSelector, workload.podLabels) || [...mine].some((each) => !theirs.has(each)))
      return true;
    // What is stricter asks for nothing, and its own policies would be missing.
    if (protectionOf(owner) !== protectionOf(workload)) return true;
    notices.push({
      code: 'OwnedByJudged',
      service: workloadId(owner),
      message: `The ${workload.kind} ${workload.name} is made by the ${owner.kind} ${owner.name}, which asks for all that it does: it is judged and protected by that.`,
      document: workload.source.document,
      path: workload.source.path,
    });
    return false;
  });
  return { workloads: kept, notices };
}

/** Whether a notice is about something that these workloads hold, or about none. */
export function about(
  all: readonly Workload[],
  kept: readonly Workload[],
): (notice: Pick<Notice, 'service'>) => boolean {
  const services = new Set(kept.map(workloadId));
  const left = new Set(all.map(workloadId).filter((id) => !services.has(id)));
  return ({ service }) => !left.has(service);
}

/** What policies are made of besides what is asked for. */
function protectionOf({ containers }: Workload): string {
  const named = containers.map(({ name, security }) => [name, security] as const);
  return JSON.stringify(named.sort(([a], [b]) => compareText(a, b)));
}

function ownerOf(workload: Workload, workloads: readonly Workload[]): Workload | undefined {
  const { controller, namespace, podLabels } = workload;
  if (controller === undefined || MAKERS[workload.kind]?.includes(controller.kind) !== true) return undefined;
  const named = (kind: string, name: string): Workload | undefined =>
    workloads.find(
      (other) =>
        other !== workload && other.namespace === namespace && other.kind === kind && other.name === name,
    );
  const owner = named(controller.kind.toLowerCase(), controller.name);
  const hash = podLabels['pod-template-hash'];
  if (owner !== undefined || controller.kind !== 'ReplicaSet' || hash === undefined) return owner;
  // `kubectl get deployments,pods` leaves out the ReplicaSets between them.
  return controller.name.endsWith(`-${hash}`)
    ? named('deployment', controller.name.slice(0, -hash.length - 1))
    : undefined;
}

function questions(workload: Workload): string[] {
  return securityOverrides(workload, { authorizeEntrypoints: true }).map(questionOf);
}

function questionOf({ id, container, image, implicit }: SecurityOverride): string {
  return JSON.stringify([id, container, image, implicit]);
}
