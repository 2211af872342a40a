import type { Additions } from '../../model/additions.ts';
import type { Path } from '../../model/pointer.ts';
import {
  type Container,
  POD_FLAGS,
  type PodFlag,
  type PodTemplate,
  type Workload,
} from '../../model/workload.ts';
import { isMapping, member, valueAt } from '../mapping.ts';
import type { Report } from '../report.ts';
import { checkOwnerAnnotations } from './annotations.ts';
import { controllerOf, type ObjectMeta } from './metadata.ts';
import { podAsks } from './pod-asks.ts';
import { notePodConcerns } from './pod-notices.ts';
import { readPodSelection } from './pod-selection.ts';
import type { Pods } from './pods.ts';
import { readContainers } from './read-containers.ts';
import { isWindowsPod } from './windows.ts';
import { noteWritableBinaries, withWritableMounts } from './writable-binaries.ts';

/** What is known of pods besides their template. */
export interface PodsSetting {
  /** Their kind, as Cedar policies see it. */
  readonly kind: string;
  /** The name and the namespace of the workload; undefined when one of them is missing, which is reported. */
  readonly identity: { readonly name: string; readonly namespace: string } | undefined;
  /** The end of the name that tells the workload from others of its object; empty when there are none. */
  readonly suffix: string;
  /** The metadata of the object. */
  readonly metadata: ObjectMeta;
  /** The metadata of the pods, from the root of the object; undefined when there is no place for it. */
  readonly podMetadata: Path | undefined;
  /** Where a patch can add labels to the pods, if there is such a place. */
  readonly template: PodTemplate | undefined;
  /** What the controller of the kind adds to the pods. */
  readonly additions?: Additions | undefined;
}

/** Reads pods as a workload. There is none when it has no identity. Whatever is wrong is reported. */
export function readPods(report: Report, pods: Pods, setting: PodsSetting): Workload[] {
  const { metadata, identity } = setting;
  const containers = readContainers(report, pods);
  if (identity === undefined) return [];
  notePods(report, pods, containers);
  const workload: Workload = {
    kind: setting.kind,
    dialect: 'kubernetes',
    ...identity,
    suffix: setting.suffix,
    labels: metadata.labels ?? {},
    ...readPodSelection(report, pods),
    podAnnotations: pods.metadata.annotations ?? {},
    podMetadata: setting.podMetadata && [...report.source.path, ...setting.podMetadata],
    template: setting.template,
    containers: withWritableMounts(pods.spec, containers),
    pod: readPodFlags(report, pods),
    asks: podAsks(report, pods.spec, [...pods.at, 'spec']),
    unenforced: isWindowsPod(pods.spec) ? 'windows' : undefined,
    additions: setting.additions,
    controller: controllerOf(metadata),
    source: report.source,
  };
  if (pods.at.length > 0) checkOwnerAnnotations(report, metadata, pods.metadata);
  return [workload];
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

function readPodFlags(report: Report, { spec, at }: Pods): PodFlag[] {
  return POD_FLAGS.flatMap((name) => {
    const value = spec[name];
    return value == null ? [] : [{ name, value, path: report.absolute([...at, 'spec', name]) }];
  });
}

/**
 * The place in an object where labels of its pods can be added.
 *
 * @param object The object as it was given.
 * @param metadata The path of the metadata of its pods.
 * @returns Undefined for an object with generateName: a patch must name its object, and the cluster makes that name.
 */
export function templateOf(
  {
    apiVersion,
    kind,
    name,
  }: { readonly apiVersion: string; readonly kind: string; readonly name: string | null | undefined },
  object: unknown,
  metadata: Path,
): PodTemplate | undefined {
  if (name == null) return undefined;
  const value = valueAt(object, metadata);
  return {
    apiVersion,
    kind,
    name,
    metadata,
    hasMetadata: isMapping(value),
    hasLabels: member(value, 'labels') != null,
  };
}
