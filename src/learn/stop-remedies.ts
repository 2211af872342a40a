import { compareText } from '../compiler/model/ordered.ts';
import type { OwnPolicy } from '../events/own-policy.ts';
import { writableDirectoryOf } from '../events/writable-places.ts';
import { hidesImage, mountOf, mountsFor, type ProposedMount } from './mounts.ts';
import type { LearntContainer } from './propose.ts';
import type { Stop } from './stops.ts';

/** What ends some stops. */
interface Remedies {
  readonly changes: readonly string[];
  readonly mounts: readonly ProposedMount[];
}

/** What to change in a workload so that one policy besides allow-binaries stops nothing any more. */
export function remediesFor(
  policy: Exclude<OwnPolicy, 'allow-binaries' | 'baseline'>,
  stops: readonly Stop[],
  containers: readonly LearntContainer[],
): Remedies {
  if (policy !== 'block-rootfs-write')
    return {
      changes: distinct(
        stops.map((stop) => (policy === 'block-setuid' ? identityChange(stop) : capabilityChange(stop))),
      ),
      mounts: [],
    };
  const advisers = new Map(
    [...Map.groupBy(stops, ({ container }) => container)].map(([name, own]) => [
      name,
      new MountAdviser(
        own,
        containers.find(({ container }) => container.name === name),
      ),
    ]),
  );
  return {
    changes: distinct(stops.flatMap((stop) => advisers.get(stop.container)?.changeFor(stop) ?? [])),
    mounts: [...advisers.values()].flatMap(({ mounts }) => mounts),
  };
}

/** Says what to do about the writes of one container to its root filesystem. */
class MountAdviser {
  readonly mounts: readonly ProposedMount[];
  /** The proposed mount of each directory. */
  readonly #mountOf: ReadonlyMap<string, string>;
  /** The volume that is mounted now at each directory. */
  readonly #mountedAt: ReadonlyMap<string, string>;
  /** The paths of the binaries of the container that its image brings, as far as that is known, in order. */
  readonly #binaries: readonly string[];

  constructor(stops: readonly Stop[], learnt: LearntContainer | undefined) {
    this.#binaries = (learnt?.binaries ?? [])
      .map(({ path }) => path)
      .filter((path) => writableDirectoryOf(path, []) === undefined)
      .sort(compareText);
    const directories = stops.flatMap(({ directory }) => directory ?? []);
    this.#mountedAt = mountOf(
      directories,
      mountsFor(learnt?.container.writableMounts ?? [], () => false),
    );
    const wanted = mountsFor(
      directories.filter((directory) => !this.#mountedAt.has(directory)),
      (directory) => this.#hides(directory),
    );
    this.#mountOf = mountOf(directories, wanted);
    this.mounts = stops
      .slice(0, 1)
      .flatMap(({ container }) => wanted.map((mountPath) => ({ container, mountPath })));
  }

  changeFor({ container, directory }: Stop): string {
    if (directory === undefined)
      return `${container}: find out where it writes, and mount an emptyDir there. These events do not tell the path: compile again, for the manifests of this release tell it.`;
    const mounted = this.#mountedAt.get(directory);
    if (mounted !== undefined)
      return `${container}: a volume is mounted at ${mounted} now. If these events are older than that, leave them out; else it is on a filesystem of the kind of the root.`;
    if (this.#hides(directory))
      return `${container}: have it write elsewhere than in ${directory}, for a volume there would hide the files of the image; or give up readOnlyRootFilesystem, which asks for the override readWriteRootFilesystem.`;
    return `${container}: mount an emptyDir at ${this.#mountOf.get(directory) ?? directory}. It starts empty, so files that the image has there must be copied into it.`;
  }

  /** Whether a volume would hide what the image brings, by its usual directories or by the binaries that are known of it. */
  #hides(directory: string): boolean {
    return hidesImage(directory) || hasBelow(this.#binaries, directory);
  }
}

/** Whether one of some paths, which are in order, is in a directory. */
function hasBelow(ordered: readonly string[], directory: string): boolean {
  const start = `${directory}/`;
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareText(ordered[middle] ?? '', start) < 0) low = middle + 1;
    else high = middle;
  }
  return ordered[low]?.startsWith(start) === true;
}

function identityChange({ container }: Stop): string {
  return `${container}: start it as the user that it runs as (runAsUser), so that nothing in it needs to become root; or give up runAsNonRoot, which asks for the override runAsRoot.`;
}

function capabilityChange({ container, capabilities = [] }: Stop): string {
  return capabilities.length === 0
    ? `${container}: remove the file capabilities of its programs from the image, or add the capabilities to the container, which asks for an override each.`
    : `${container}: have it do without ${capabilities.join(', ')}, or add to its capabilities, which asks for ${capabilities.map((each) => `capability:${each}`).join(', ')}.`;
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
