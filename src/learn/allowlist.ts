import { containerBinaries } from '../compiler/derive/binaries.ts';
import type { ContainerBinaries } from '../compiler/derive/container-binaries.ts';
import { withMergedUsr } from '../compiler/derive/merged-usr.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import type { Container, Workload } from '../compiler/model/workload.ts';
import type { SeenBinary } from './observation.ts';

/** The options that decide which paths an allowlist lets run. */
export type PathOptions = Pick<CompileOptions, 'pathMatching' | 'mergedUsr'>;

/** What the allowlist of a container names, besides a wildcard: its allowed binaries, its entrypoints and its probes. */
export function namedBinaries({ declared, entrypoints }: ContainerBinaries): Set<string> {
  return new Set(
    [...declared, ...entrypoints].map(({ binary }) => binary).filter((binary) => binary !== '*'),
  );
}

/** What each container of a workload may run, by the name of the container. */
export function binariesByContainer(workload: Workload): Map<string, ContainerBinaries> {
  return new Map(containerBinaries(workload).binaries.map((each) => [each.container.name, each]));
}

/** What each container of a workload may run by its own words, without what is known of its image. */
export function ownBinariesByContainer(workload: Workload): Map<string, ContainerBinaries> {
  const containers = workload.containers.map((container) => ({ ...container, knownImage: undefined }));
  return binariesByContainer({ ...workload, containers });
}

/** The binaries that a container lists in `allowedBinaries`, without the wildcard. */
export function listedBinaries({ security }: Container): string[] {
  return [...new Set((security.allowedBinaries ?? []).filter((binary) => binary !== '*'))];
}

/** The paths that an allowlist lets run, with the second names that `mergedUsr` adds. */
export function allowedPaths(
  allowlist: ReadonlySet<string>,
  { mergedUsr }: PathOptions,
): ReadonlySet<string> {
  return mergedUsr ? withMergedUsr(allowlist) : allowlist;
}

/**
 * Whether an allowlist lets a binary run, by the path with which it was started or by those of its file.
 *
 * @param allowed The paths of {@link allowedPaths}.
 *
 * @example
 * const seen = { path: '/bin/sh', resolved: new Set(['/bin/busybox']), unlinked: false };
 * survives(seen, new Set(['/bin/sh']), { pathMatching: 'either' }); // => true
 * survives(seen, new Set(['/bin/sh']), { pathMatching: 'resolved' }); // => false
 */
export function survives(
  { path, resolved, unlinked }: Pick<SeenBinary, 'path' | 'resolved' | 'unlinked'>,
  allowed: ReadonlySet<string>,
  { pathMatching }: Pick<PathOptions, 'pathMatching'>,
): boolean {
  // The kernel has no path for such a file, so no allowlist can name it.
  if (unlinked) return false;
  const isAllowed = (each: string): boolean => allowed.has(each);
  const files = [...resolved];
  if (pathMatching === 'resolved') return files.length > 0 && files.every(isAllowed);
  return isAllowed(path) || (files.length > 0 && files.every(isAllowed));
}
