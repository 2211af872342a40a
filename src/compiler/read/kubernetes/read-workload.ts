import type { z } from 'zod';
import { parseValue } from '../../model/parse.ts';
import type { Path } from '../../model/pointer.ts';
import {
  type Container,
  POD_FLAGS,
  type PodFlag,
  type PodTemplate,
  type Workload,
  type WorkloadKind,
  workloadId,
} from '../../model/workload.ts';
import { asApiServerReads } from '../api-server.ts';
import { checkFieldPlaces } from '../field-places.ts';
import { isMapping, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { checkOwnerAnnotations } from './annotations.ts';
import { explainKey } from './explain-key.ts';
import { KUBERNETES_BELONGS, kubernetesPlaces } from './fields.ts';
import { controllerOf, identify, type ObjectMeta } from './metadata.ts';
import { volumeAsks } from './pod-asks.ts';
import { notePodConcerns } from './pod-notices.ts';
import { readPodSelection } from './pod-selection.ts';
import type { Pods, PodsOf } from './pods.ts';
import { readContainers } from './read-containers.ts';
import { isWindowsPod } from './windows.ts';
import { noteWritableBinaries, withWritableMounts } from './writable-binaries.ts';

/** What every kind of workload has. */
interface ObjectOfKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** How the objects of one kind are read. */
interface Kind<T extends z.ZodType<ObjectOfKind>> {
  readonly schema: T;
  readonly kind: WorkloadKind;
  /** Where the pod template stands in an object; empty when the object is a pod itself. */
  readonly template: Path;
  /** Where the labels stand that the object selects its pods by, if not in `spec.selector.matchLabels`. */
  readonly selectorLabels?: Path;
  readonly podsOf: (object: z.output<T>) => PodsOf;
}

/**
 * Reads one Kubernetes workload; `namespace` is for objects that name none. There is no workload when the report
 * has a fault of it.
 */
export type WorkloadReader = (report: Report, value: unknown, namespace: string | undefined) => Workload[];

/** Makes the reader of one kind. */
export function workloadReader<T extends z.ZodType<ObjectOfKind>>(of: Kind<T>): WorkloadReader {
  const { schema, template, selectorLabels } = of;
  return (report, value, namespace) => {
    const before = report.faultCount;
    const parsed = parseValue(schema, asApiServerReads(value, template, selectorLabels), explainKey);
    if (!parsed.ok) {
      for (const issue of parsed.issues) report.fault(issue.path, issue.message);
      // Misplaced fields are reported in the same answer.
      checkFieldPlaces(report, kubernetesPlaces(value, template), KUBERNETES_BELONGS);
      return [];
    }
    const object = parsed.data;
    const identity = identify(report, object.metadata, namespace);
    if (identity !== undefined) report.service = workloadId(identity);
    checkFieldPlaces(report, kubernetesPlaces(value, template), KUBERNETES_BELONGS);
    const pods = { ...of.podsOf(object), at: template };
    const containers = readContainers(report, pods);
    if (identity === undefined) return [];
    notePods(report, pods, containers);
    const workload: Workload = {
      kind: of.kind,
      dialect: 'kubernetes',
      ...identity,
      labels: object.metadata.labels ?? {},
      ...readPodSelection(report, pods),
      podAnnotations: pods.metadata.annotations ?? {},
      // A patch must name its object, and an object with generateName gets its name from the cluster.
      template: object.metadata.name == null ? undefined : templateOf(object, value, template),
      containers: withWritableMounts(pods.spec, containers),
      pod: readPodFlags(report, pods),
      asks: volumeAsks(report, pods.spec, [...template, 'spec']),
      unenforced: isWindowsPod(pods.spec) ? 'windows' : undefined,
      controller: controllerOf(object.metadata),
      source: report.source,
    };
    if (template.length > 0) checkOwnerAnnotations(report, object.metadata, pods.metadata);
    return report.faultCount > before ? [] : [workload];
  };
}

/** Notes what the author should know of the pods of a workload. */
function notePods(report: Report, { spec, at }: Pods, containers: readonly Container[]): void {
  const podAt = [...at, 'spec'];
  const windows = isWindowsPod(spec);
  if (windows) {
    report.note(
      'WindowsPod',
      podAt,
      'The pod runs on Windows nodes, where there is no Tetragon: it has no policies, and its binaries are not asked for.',
    );
  }
  notePodConcerns(report, spec, podAt);
  if (!windows) noteWritableBinaries(report, spec, podAt, containers);
}

/** The place in an object where labels of its pods can be added. `value` is the object as it was given. */
function templateOf({ apiVersion, kind }: ObjectOfKind, value: unknown, at: Path): PodTemplate {
  const template = at.reduce<unknown>((holder, step) => member(holder, String(step)), value);
  const metadata = member(template, 'metadata');
  return {
    apiVersion,
    kind,
    metadata: [...at, 'metadata'],
    hasMetadata: isMapping(metadata),
    hasLabels: member(metadata, 'labels') != null,
  };
}

function readPodFlags(report: Report, { spec, at }: Pods): PodFlag[] {
  return POD_FLAGS.flatMap((name) => {
    const value = spec[name];
    return value == null ? [] : [{ name, value, path: report.absolute([...at, 'spec', name]) }];
  });
}
