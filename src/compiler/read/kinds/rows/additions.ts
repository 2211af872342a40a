import type { Additions } from '../../../model/additions.ts';
import { entries, member, valueAt } from '../../mapping.ts';
import type { AdditionsOf } from '../kind-row.ts';

/** Knative adds a proxy to the pods of each revision. */
export const KNATIVE_ADDS: Additions = { by: 'Knative', containers: ['queue-proxy'] };

/** What KubeRay adds to the pods of a cluster, each where its configuration says so. */
const OF_RAY = ['wait-gcs-ready', 'autoscaler', 'collector', 'wait-for-tls-ip-san', 'ray-job-submitter'];

/**
 * KubeRay starts the first container of the pods of a cluster by a shell, which starts `ray` and then the command of the
 * container, and adds probes that run a shell in it. An annotation of the object leaves the command alone, but not the
 * probes.
 */
export const KUBERAY_ADDS: Additions = {
  by: 'KubeRay',
  containers: OF_RAY,
  startsOthers: { why: 'starts ray by a shell, and probes it by others', first: true },
};

/** The training operator has the workers of a PyTorchJob wait for its master, where it has one. */
export const PYTORCH_ADDS: AdditionsOf = (object, key) => {
  const replicas = entries(valueAt(object, ['spec', 'pytorchReplicaSpecs'])).map(([name]) => name);
  return !isNamed(key, 'master') && replicas.some((name) => isNamed(name, 'master'))
    ? { by: 'The training operator', containers: ['init-pytorch'] }
    : undefined;
};

/** In the first version of MPIJob a container brings kubectl, by which the launcher runs programs in the workers. */
export const MPI_V1_ADDS: AdditionsOf = (_, key) =>
  isNamed(key, 'worker')
    ? { by: 'mpirun', startsOthers: { why: 'runs programs through kubectl exec' } }
    : { by: 'The training operator', containers: ['kubectl-delivery'] };

/** In its second version the launcher runs programs in the workers through sshd. */
export const MPI_V2_ADDS: AdditionsOf = (_, key) =>
  isNamed(key, 'worker') ? { by: 'mpirun', startsOthers: { why: 'runs programs through sshd' } } : undefined;

/** Volcano has the pods of a job wait for its master where its plugin for PyTorch does. */
export const VOLCANO_ADDS: AdditionsOf = (object) => {
  const specs = [['spec'], ['spec', 'jobTemplate', 'spec']].map((path) => valueAt(object, path));
  return specs.some((spec) => member(member(spec, 'plugins'), 'pytorch') != null)
    ? { by: 'Volcano', containers: ['wait-for-master'] }
    : undefined;
};

function isNamed(key: string | number | undefined, name: string): boolean {
  return String(key).toLowerCase() === name;
}
