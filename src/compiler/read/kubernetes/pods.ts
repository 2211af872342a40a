import type { z } from 'zod';
import type { NativeSelector } from '../../model/label-selector.ts';
import type { Path } from '../../model/pointer.ts';
import type { ObjectMeta } from './metadata.ts';
import type { PodSpec, PodTemplateSchema } from './pod-spec.ts';
import type {
  CronJobSchema,
  JobSchema,
  PodSchema,
  ReplicationControllerSchema,
  SelectedSpec,
  StoredTemplateSchema,
} from './workload-schemas.ts';

/** The pods that a workload makes, and what selects them. */
export interface Pods {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  /** Where the template stands, which holds the metadata and the spec; empty when the object is a pod itself. */
  readonly at: Path;
  /**
   * What selects the pods besides their own labels; undefined when nothing does. `at` is empty for a selector
   * that does not stand in the document.
   */
  readonly selector: { readonly value: NativeSelector; readonly at: Path } | undefined;
  /** Labels that a controller puts on the pods besides those of the template. */
  readonly addedLabels?: Readonly<Record<string, string>>;
}

/** What the schema of a workload gives of its pods. */
export type PodsOf = Omit<Pods, 'at'>;

/** Where most kinds have their pod template. */
export const TEMPLATE = ['spec', 'template'];
const SELECTOR = ['spec', 'selector'];

/** The pod template alone, of pods that nothing selects by more than their labels. */
function unselected({ metadata, spec }: z.output<typeof PodTemplateSchema>): PodsOf {
  return { metadata: metadata ?? {}, spec, selector: undefined };
}

/** A Pod. */
export function podItself({ metadata, spec }: z.output<typeof PodSchema>): PodsOf {
  return { metadata, spec, selector: undefined };
}

/** The pods of a workload that must have a selector: a Deployment, StatefulSet, DaemonSet or ReplicaSet. */
export function selectedPods({ spec }: { readonly spec: SelectedSpec }): PodsOf {
  return { ...unselected(spec.template), selector: { value: spec.selector, at: SELECTOR } };
}

/** The label that the Job controller puts on the pods of a Job (Kubernetes 1.27 and later). */
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

/** The pods of a Job. It has no selector until it is made, but its pods carry its name as a label. */
export function jobPods({ metadata, spec }: z.output<typeof JobSchema>): PodsOf {
  const pods = unselected(spec.template);
  if (spec.manualSelector === true && spec.selector != null)
    return { ...pods, selector: { value: spec.selector, at: SELECTOR } };
  if (metadata.name == null) return pods;
  return { ...pods, selector: { value: { matchLabels: { [JOB_NAME_LABEL]: metadata.name } }, at: [] } };
}

/** The pods of the Jobs of a CronJob. */
export function cronJobPods({ spec }: z.output<typeof CronJobSchema>): PodsOf {
  return unselected(spec.jobTemplate.spec.template);
}

/** The pods of a ReplicationController. The API server fills an empty selector with the labels of the template. */
export function replicationPods({ spec }: z.output<typeof ReplicationControllerSchema>): PodsOf {
  const pods = unselected(spec.template);
  const isEmpty = spec.selector == null || Object.keys(spec.selector).length === 0;
  const matchLabels = isEmpty ? (pods.metadata.labels ?? {}) : spec.selector;
  return { ...pods, selector: { value: { matchLabels }, at: SELECTOR } };
}

/** The pods of a PodTemplate. */
export function storedPods({ template }: z.output<typeof StoredTemplateSchema>): PodsOf {
  return unselected(template);
}
