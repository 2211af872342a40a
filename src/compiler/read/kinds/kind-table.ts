import type { KindRow } from './kind-row.ts';
import { ARGO_ROLLOUTS } from './rows/argo-rollouts.ts';
import { ARGO_WORKFLOWS } from './rows/argo-workflows.ts';
import { JOBSET } from './rows/jobset.ts';
import { KNATIVE } from './rows/knative.ts';
import { KSERVE } from './rows/kserve.ts';
import { KUBEFLOW_TRAINER } from './rows/kubeflow-trainer.ts';
import { KUBEFLOW_TRAINING } from './rows/kubeflow-training.ts';
import { KUBERAY } from './rows/kuberay.ts';
import { OPENKRUISE } from './rows/openkruise.ts';
import { SPARK } from './rows/spark.ts';
import { TEKTON } from './rows/tekton.ts';
import { VOLCANO } from './rows/volcano.ts';

/** Every kind of other projects whose pods are read. */
export const KIND_TABLE: readonly KindRow[] = [
  ...ARGO_ROLLOUTS,
  ...ARGO_WORKFLOWS,
  ...JOBSET,
  ...KNATIVE,
  ...KSERVE,
  ...KUBEFLOW_TRAINER,
  ...KUBEFLOW_TRAINING,
  ...KUBERAY,
  ...OPENKRUISE,
  ...SPARK,
  ...TEKTON,
  ...VOLCANO,
];
