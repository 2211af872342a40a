import type { Additions } from '../../../model/additions.ts';
import { componentPods, runtimePods } from '../assembly/kserve-pods.ts';
import type { KindRow, PodsRow } from '../kind-row.ts';
import { STATUS } from './excuses.ts';

/** What KServe, and Knative under it, add to the pods of a service, each where its configuration says so. */
const ADDS: Additions = {
  by: 'KServe',
  containers: ['queue-proxy', 'storage-initializer', 'agent', 'modelcar'],
};

function component(at: string): PodsRow {
  return { at, shape: { assemble: componentPods }, selector: 'template', adds: ADDS };
}

function runtime(kind: string): KindRow {
  return {
    group: 'serving.kserve.io',
    versions: ['v1alpha1'],
    kind,
    pods: [{ at: 'spec', shape: { assemble: runtimePods }, selector: 'template', adds: ADDS }],
    excused: [STATUS],
  };
}

/** The services of KServe, and the runtimes that they follow. */
export const KSERVE: readonly KindRow[] = [
  {
    group: 'serving.kserve.io',
    versions: ['v1beta1'],
    kind: 'InferenceService',
    pods: ['spec.predictor', 'spec.transformer', 'spec.explainer', 'spec.canary[].predictor'].map(component),
    excused: [STATUS],
  },
  runtime('ServingRuntime'),
  { ...runtime('ClusterServingRuntime'), scope: 'cluster' },
];
