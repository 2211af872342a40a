import { z } from 'zod';
import { KIND_NAMES } from '../../compiler/read/readers.ts';
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

/** The user that all controllers of Kubernetes may run as, instead of a service account for each. */
const CONTROLLER_MANAGER = 'system:kube-controller-manager';

/** The controllers of Kubernetes: the objects that each makes, and the owners that it makes them from. */
const CONTROLLERS: readonly { readonly makes: string; readonly of: string; readonly account: string }[] = [
  { makes: 'v1 Pod', of: 'apps/v1 ReplicaSet', account: 'replicaset-controller' },
  { makes: 'v1 Pod', of: 'apps/v1 StatefulSet', account: 'statefulset-controller' },
  { makes: 'v1 Pod', of: 'apps/v1 DaemonSet', account: 'daemon-set-controller' },
  { makes: 'v1 Pod', of: 'v1 ReplicationController', account: 'replication-controller' },
  { makes: 'v1 Pod', of: 'batch/v1 Job', account: 'job-controller' },
  { makes: 'apps/v1 ReplicaSet', of: 'apps/v1 Deployment', account: 'deployment-controller' },
  { makes: 'batch/v1 Job', of: 'batch/v1 CronJob', account: 'cronjob-controller' },
];

/** The owners from which operators make workloads: the kinds that are read, but for those of Kubernetes itself. */
const OPERATED = new Set(
  KIND_NAMES.filter(([apiVersion]) => !['v1', 'apps/v1', 'batch/v1'].includes(apiVersion)).map((names) =>
    names.join(' '),
  ),
);

/**
 * Whether a review needs no judgement: nothing is created or changed, the owner of the object has been judged, or the
 * object is being deleted.
 *
 * @param operators The service accounts of the operators that make workloads of kinds that Kubernetes does not have.
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
 * Whether the object is being deleted. Such a change must pass, because it may remove a finalizer. The old object
 * counts: the API server has stored it, and no user can set its time of deletion.
 */
function isBeingDeleted({ operation, oldObject }: AdmissionRequest): boolean {
  const metadata = MetadataSchema.safeParse(oldObject?.metadata);
  return operation === 'UPDATE' && metadata.success && metadata.data.deletionTimestamp != null;
}

/**
 * Whether a controller makes the object from an owner that was judged. The API server vouches for the user; owner
 * references alone are no proof, because anybody can write them.
 */
function isMadeByController({ object, userInfo }: AdmissionRequest, operators: readonly string[]): boolean {
  const username = userInfo?.username ?? '';
  const owner = controllerOf(object);
  if (owner === undefined) return false;
  if (OPERATED.has(owner)) return operators.includes(username);
  const pair = pairOf(object);
  return (
    pair !== undefined &&
    (username === `system:serviceaccount:kube-system:${pair.account}` || username === CONTROLLER_MANAGER)
  );
}

/** Whether an object claims that a controller made it. The claim is not proven, so it must permit nothing. */
export function saysControlled(object: Objects['object']): boolean {
  return pairOf(object) !== undefined || OPERATED.has(controllerOf(object) ?? '');
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
