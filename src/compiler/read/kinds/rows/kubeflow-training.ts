import type { KindRow } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

const PREFIX = 'training.kubeflow.org';

/**
 * A kind of the training operator.
 *
 * @param specs The field of the spec that holds a specification for each type of replica.
 * @param typeLabel The label whose value is the type of the replica, in lower case.
 */
function training(version: string, kind: string, specs: string, typeLabel = 'replica-type'): KindRow {
  return {
    group: 'kubeflow.org',
    versions: [version],
    kind,
    pods: [
      {
        at: `spec.${specs}{}.template`,
        shape: 'template',
        suffix: '-{key}',
        selector: 'labels',
        labels: {
          [`${PREFIX}/job-name`]: '{object.name}',
          // The operator takes the types of replicas in any case, and writes them in lower case.
          [`${PREFIX}/${typeLabel}`]: '{key|lower}',
        },
      },
    ],
    excused: [STATUS],
  };
}

/** The kinds of Kubeflow's training operator, and the MPIJob of its MPI operator. */
export const KUBEFLOW_TRAINING: readonly KindRow[] = [
  training('v1', 'PyTorchJob', 'pytorchReplicaSpecs'),
  training('v1', 'TFJob', 'tfReplicaSpecs'),
  training('v1', 'MPIJob', 'mpiReplicaSpecs'),
  training('v2beta1', 'MPIJob', 'mpiReplicaSpecs', 'job-role'),
  training('v1', 'XGBoostJob', 'xgbReplicaSpecs'),
  training('v1', 'MXJob', 'mxReplicaSpecs'),
  training('v1', 'PaddleJob', 'paddleReplicaSpecs'),
  training('v1', 'JAXJob', 'jaxReplicaSpecs'),
];
