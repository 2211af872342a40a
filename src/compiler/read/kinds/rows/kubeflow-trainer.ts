import { trainingRuntimePods, trainJobPods } from '../assembly/train-job-pods.ts';
import type { KindRow, Pieces } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

function row(kind: string, assemble: Pieces['assemble']): KindRow {
  return {
    group: 'trainer.kubeflow.org',
    versions: ['v1alpha1'],
    kind,
    pods: [{ at: 'spec', shape: { assemble }, selector: 'template' }],
    excused: [STATUS],
  };
}

/** The jobs of Kubeflow Trainer, and the runtimes that they follow. */
export const KUBEFLOW_TRAINER: readonly KindRow[] = [
  row('TrainJob', trainJobPods),
  row('TrainingRuntime', trainingRuntimePods),
  { ...row('ClusterTrainingRuntime', trainingRuntimePods), scope: 'cluster' },
];
