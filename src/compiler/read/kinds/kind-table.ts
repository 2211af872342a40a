import type { KindRow } from './kind-row.ts';
import { ARGO_ROLLOUTS } from './rows/argo-rollouts.ts';
import { ARGO_WORKFLOWS } from './rows/argo-workflows.ts';
import { KSERVE } from './rows/kserve.ts';
import { KUBEFLOW_TRAINER } from './rows/kubeflow-trainer.ts';
import { SPARK } from './rows/spark.ts';
import { TEKTON } from './rows/tekton.ts';

/** Every kind of other projects whose pods are read. */
export const KIND_TABLE: readonly KindRow[] = [
  ...ARGO_ROLLOUTS,
  ...ARGO_WORKFLOWS,
  ...TEKTON,
  ...SPARK,
  ...KSERVE,
  ...KUBEFLOW_TRAINER,
];
