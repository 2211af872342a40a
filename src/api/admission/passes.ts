import { z } from 'zod';
import type { AdmissionRequest } from './review.ts';

const MetadataSchema = z.looseObject({
  deletionTimestamp: z.unknown().optional(),
  ownerReferences: z
    .array(
      z.looseObject({
        apiVersion: z.string(),
        kind: z.string(),
        controller: z.boolean().nullable().optional(),
      }),
    )
    .nullable()
    .optional()
    .catch(undefined),
});

type Objects = Pick<AdmissionRequest, 'object' | 'oldObject'>;

/** The service account or other user of Kubernetes that all its controllers may run as. */
const CONTROLLER_MANAGER = 'system:kube-controller-manager';

/** The controllers of Kubernetes by what they make, and of what: that has been judged itself. */
const CONTROLLERS: readonly { readonly makes: string; readonly of: string; readonly account: string }[] = [
  { makes: 'v1 Pod', of: 'apps/v1 ReplicaSet', account: 'replicaset-controller' },
  { makes: 'v1 Pod', of: 'apps/v1 StatefulSet', account: 'statefulset-controller' },
  { makes: 'v1 Pod', of: 'apps/v1 DaemonSet', account: 'daemon-set-controller' },
  { makes: 'v1 Pod', of: 'v1 ReplicationController', account: 'replication-controller' },
  { makes: 'v1 Pod', of: 'batch/v1 Job', account: 'job-controller' },
  { makes: 'apps/v1 ReplicaSet', of: 'apps/v1 Deployment', account: 'deployment-controller' },
  { makes: 'batch/v1 Job', of: 'batch/v1 CronJob', account: 'cronjob-controller' },
];

/** What Lattice's operator makes workloads of: they have been judged themselves. */
const LATTICE_OWNERS = ['LatticeService', 'LatticeJob', 'LatticeModel'].map(
  (kind) => `lattice.dev/v1alpha1 ${kind}`,
);

/**
 * Whether a review needs no judgement, whatever the object holds: nothing is made or changed, what it was made of
 * has been judged, or it is on its way out.
 *
 * @param operators The service accounts of the operator that makes workloads of Lattice's own kinds.
 */
export function passesUnjudged(request: AdmissionRequest, operators: readonly string[]): boolean {
  const { operation, object } = request;
  return (
    operation === 'DELETE' ||
    operation === 'CONNECT' ||
    object == null ||
    isBeingDeleted(request) ||
    isMadeByController(request, operators)
  );
}

/**
 * An object that is being deleted must be let go: a change that ends a finalizer is no new workload. What
 * it was is what the API server has stored, where nobody can write the time of a deletion.
 */
function isBeingDeleted({ operation, oldObject }: AdmissionRequest): boolean {
  const metadata = MetadataSchema.safeParse(oldObject?.metadata);
  return operation === 'UPDATE' && metadata.success && metadata.data.deletionTimestamp != null;
}

/**
 * Whether a controller makes the object from one that was judged when it was made. The user is vouched for by
 * the API server; owner references alone anybody can write.
 */
function isMadeByController({ object, userInfo }: AdmissionRequest, operators: readonly string[]): boolean {
  const username = userInfo?.username ?? '';
  const owner = controllerOf(object);
  if (owner === undefined) return false;
  if (LATTICE_OWNERS.includes(owner)) return operators.includes(username);
  const pair = pairOf(object);
  return (
    pair !== undefined &&
    (username === `system:serviceaccount:kube-system:${pair.account}` || username === CONTROLLER_MANAGER)
  );
}

/** Whether an object says that a controller of Kubernetes made it. Whoever asks must not rest a permit on it. */
export function saysControlled(object: Objects['object']): boolean {
  return pairOf(object) !== undefined;
}

function pairOf(object: Objects['object']): (typeof CONTROLLERS)[number] | undefined {
  const owner = controllerOf(object);
  return CONTROLLERS.find(
    ({ makes, of }) => makes === `${object?.apiVersion} ${object?.kind}` && of === owner,
  );
}

/** The controller of an object, as `<apiVersion> <kind>`. */
function controllerOf(object: Objects['object']): string | undefined {
  const metadata = MetadataSchema.safeParse(object?.metadata);
  if (!metadata.success) return undefined;
  const owner = metadata.data.ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined ? undefined : `${owner.apiVersion} ${owner.kind}`;
}
