import { compareText } from '../model/ordered.ts';
import type { Workload } from '../model/workload.ts';
import { containerBinaries } from './binaries.ts';
import type { ContainerBinaries } from './container-binaries.ts';

/** What was assumed of one container because of the config of its image. */
export interface ImageAssumption {
  readonly container: string;
  /** The image as the container writes it. */
  readonly image: string;
  /** A reference may mean another image tomorrow; a digest never does. */
  readonly matchedBy: 'digest' | 'reference';
  /** The digest, or the whole reference such as `docker.io/library/nginx:1.27`. */
  readonly name: string;
  readonly entrypoints: readonly AssumedEntrypoint[];
  /** Whether the container may run more than these, so that no list of them is enforced before events name the rest. */
  readonly needsEvents: boolean;
}

/** An entrypoint that only the config of the image could tell. */
export interface AssumedEntrypoint {
  /** The first word of what is executed. The other words may be secrets, and are never answered. */
  readonly word: string;
  /** Whether the image says that it is executed; else the workload does, by a name without an absolute path. */
  readonly isOfImage: boolean;
  /** The files that it can be, and those that it certainly starts in turn. */
  readonly paths: readonly string[];
  /** Whether it is looked up in PATH, and who sets that; `runtime` stands for the default of the runtimes. */
  readonly pathOf: 'container' | 'image' | 'runtime' | undefined;
}

/**
 * What a workload's decisions and policies rest on besides its own text: the configs of images that somebody has given.
 * It has an entry for each container of which they told an entrypoint, sorted by name, for answers and attestations.
 *
 * @example
 * const facts = { entrypoint: ['nginx'], cmd: [], workingDir: '/', path: '/usr/sbin', user: '' };
 * const value = {
 *   apiVersion: 'v1',
 *   kind: 'Pod',
 *   metadata: { name: 'web', namespace: 'shop' },
 *   spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
 * };
 * const images = [{ digests: [], references: ['nginx:1.27'], facts }];
 * const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }], { images });
 * const [assumed] = imageAssumptions(read.ok ? read.workloads[0] : undefined);
 * assumed.name; // => 'docker.io/library/nginx:1.27'
 * assumed.entrypoints[0].paths; // => ['/usr/sbin/nginx']
 */
export function imageAssumptions(workload: Workload): readonly ImageAssumption[] {
  if (workload.unenforced !== undefined) return [];
  return assumptionsOf(containerBinaries(workload).binaries);
}

/** As {@link imageAssumptions}, of what some containers of a workload may run. */
export function assumptionsOf(binaries: readonly ContainerBinaries[]): readonly ImageAssumption[] {
  return binaries
    .flatMap(({ container, byImage, declared, uncertain }): ImageAssumption[] => {
      const { name, image, knownImage } = container;
      // A container that may run any binary by its own word rests on nothing else.
      const isAny = declared.some(({ binary }) => binary === '*');
      if (knownImage === undefined || image === undefined || byImage.length === 0 || isAny) return [];
      const entrypoints = byImage.map(({ action, program, others }) => ({
        word: action.binary,
        isOfImage: action.isOfImage,
        paths: [...program.paths, ...(others ?? [])],
        pathOf: program.pathOf,
      }));
      return [
        {
          container: name,
          image,
          matchedBy: knownImage.matchedBy,
          name: knownImage.name,
          entrypoints,
          needsEvents: uncertain.length > 0,
        },
      ];
    })
    .sort((a, b) => compareText(a.container, b.container));
}
