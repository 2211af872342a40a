import type { KindRow, PodsRow } from '../kind-row.ts';
import { MPI_V1_ADDS, MPI_V2_ADDS, PYTORCH_ADDS } from './additions.ts';
import { STATUS } from './excuses.ts';

const PREFIX = 'training.kubeflow.org';

/**
 * A kind of the training operator.
 *
 * @param specs The field of the spec that holds a specification for each type of replica.
 * @param typeLabel The label whose value is the type of the replica, in lower case.
 */
function training(
  version: string,
  kind: string,
  specs: string,
  { typeLabel = 'replica-type', adds }: Pick<PodsRow, 'adds'> & { readonly typeLabel?: string } = {},
): KindRow {
  return {
    group: 'kubeflow.org',
    versions: [version],
    kind,
    pods: [
      {
        at: `spec.${specs}{}.template`,
        shape: 'template',
        ...(adds === undefined ? {} : { adds }),
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
  training('v1', 'PyTorchJob', 'pytorchReplicaSpecs', { adds: PYTORCH_ADDS }),
  training('v1', 'TFJob', 'tfReplicaSpecs'),
  training('v1', 'MPIJob', 'mpiReplicaSpecs', { adds: MPI_V1_ADDS }),
  training('v2beta1', 'MPIJob', 'mpiReplicaSpecs', { typeLabel: 'job-role', adds: MPI_V2_ADDS }),
  training('v1', 'XGBoostJob', 'xgbReplicaSpecs'),
  training('v1', 'MXJob', 'mxReplicaSpecs'),
  training('v1', 'PaddleJob', 'paddleReplicaSpecs'),
  training('v1', 'JAXJob', 'jaxReplicaSpecs'),
];
