import type { Path } from '../../../model/pointer.ts';
import { isMapping } from '../../mapping.ts';
import type { Assembled } from '../kind-row.ts';
import {
  isSaid,
  itemsOf,
  listOf,
  overlaid,
  type Piece,
  pathsOf,
  pieceAt,
  within,
  without,
} from './pieces.ts';
import { podOf } from './pod-parts.ts';

/** The container of a training runtime that the trainer of a TrainJob is about. */
const NODE = 'node';
/** Fields of a trainer that are none of a container. */
const TRAINER_FIELDS = ['numNodes', 'resourcesPerNode', 'numProcPerNode'];
/** Fields of an override that are none of the spec of a pod. */
const OVERRIDE_FIELDS = ['targetJobs', 'metadata', 'spec', 'containers', 'initContainers', 'volumes'];
const OF_RUNTIME = 'Its pods follow a training runtime, which is described in another object';

/** What a TrainJob changes in the pods of its runtime: by its trainer, and by each of its overrides and patches. */
export function trainJobPods(object: unknown, at: Path): readonly Assembled[] {
  const spec = pieceAt(object, at);
  const trainer = within(spec, 'trainer');
  const overrides = [
    ...itemsOf(within(spec, 'podSpecOverrides')),
    ...itemsOf(within(spec, 'podTemplateOverrides')).map((each) => within(each, 'spec')),
    ...itemsOf(within(spec, 'runtimePatches'))
      .flatMap((patch) => itemsOf(within(patch, 'trainingRuntimeSpec', 'template', 'spec', 'replicatedJobs')))
      .map((job) => within(job, 'template', 'spec', 'template', 'spec')),
  ].filter(({ value }) => isMapping(value));
  return [
    ...(isMapping(trainer.value)
      ? [
          trainPod(
            trainer,
            listOf(trainer.path, [overlaid(without(trainer, TRAINER_FIELDS), { name: NODE })]),
            '-trainer',
          ),
        ]
      : []),
    ...overrides.map((each, index) => overridePod(each, index)),
  ];
}

function overridePod(override: Piece, index: number): Assembled {
  const containers = within(override, 'containers');
  const some = isSaid(containers)
    ? containers
    : listOf(override.path, [{ value: { name: NODE }, path: override.path }]);
  return trainPod(override, some, `-override-${index}`);
}

function trainPod(own: Piece, containers: Piece, suffix: string): Assembled {
  const isOverride = suffix !== '-trainer';
  const keys = isOverride && isMapping(own.value) ? Object.keys(own.value) : [];
  return podOf(
    {
      at: own.path,
      fields: Object.fromEntries(
        keys.filter((key) => !OVERRIDE_FIELDS.includes(key)).map((key) => [key, within(own, key)]),
      ),
      volumes: isOverride ? [within(own, 'volumes')] : [],
      containers: itemsOf(containers),
      initContainers: isOverride ? itemsOf(within(own, 'initContainers')) : [],
    },
    {
      suffix,
      metadata: undefined,
      read: isOverride ? [[...own.path, 'securityContext']] : [],
      known: isOverride
        ? ['containers', 'initContainers'].flatMap((key) => pathsOf(within(own, key)))
        : [own.path],
      unenforced: { path: own.path, why: OF_RUNTIME },
    },
  );
}

/** The pod templates of a training runtime. */
export function trainingRuntimePods(object: unknown, at: Path): readonly Assembled[] {
  const jobs = within(pieceAt(object, at), 'template', 'spec', 'replicatedJobs');
  return itemsOf(jobs).flatMap((job) => {
    const template = within(job, 'template', 'spec', 'template');
    if (!isMapping(template.value)) return [];
    const name = within(job, 'name').value;
    return [
      {
        at: template.path,
        template: template.value,
        originOf: (path) => within(template, ...path).path,
        read: [],
        metadata: undefined,
        suffix: `-${typeof name === 'string' && name !== '' ? name : String(job.path.at(-1))}`,
        unenforced: {
          path: template.path,
          why: 'Its pods are those of the TrainJobs that follow it, which have other names and labels',
        },
      },
    ];
  });
}
