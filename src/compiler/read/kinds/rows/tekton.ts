import type { Additions } from '../../../model/additions.ts';
import {
  pipelinePods,
  pipelineRunPods,
  stepActionPods,
  taskPods,
  taskRunPods,
} from '../assembly/tekton-runs.ts';
import type { KindRow, Pieces } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

/** The entrypoint of Tekton starts the command of each step. Its binary is in a volume. */
const ADDS: Additions = {
  by: 'Tekton',
  containers: ['prepare', 'place-scripts', 'working-dir-initializer', 'sidecar-tekton-log-results'],
  binaries: ['/tekton/bin/entrypoint'],
};

function row(kind: string, versions: readonly string[], assemble: Pieces['assemble']): KindRow {
  return {
    group: 'tekton.dev',
    versions,
    kind,
    pods: [{ at: 'spec', shape: { assemble }, selector: 'template', adds: ADDS }],
    excused: [STATUS],
  };
}

const SERVED = ['v1', 'v1beta1'];

/** Tekton Pipelines. */
export const TEKTON: readonly KindRow[] = [
  row('TaskRun', SERVED, taskRunPods),
  row('PipelineRun', SERVED, pipelineRunPods),
  row('Task', SERVED, taskPods),
  { ...row('ClusterTask', ['v1beta1'], taskPods), scope: 'cluster' },
  row('Pipeline', SERVED, pipelinePods),
  row('StepAction', ['v1alpha1', 'v1beta1'], stepActionPods),
];
