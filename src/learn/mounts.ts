import { compareText } from '../compiler/model/ordered.ts';

/** A directory of a container where a writable volume is to be mounted. */
export interface ProposedMount {
  readonly container: string;
  readonly mountPath: string;
}

/** From how many directories side by side on the one above them is proposed. */
const SIDE_BY_SIDE = 4;

/**
 * Directories that hold what the image brings, or what every container needs: a volume there would hide it.
 */
const OF_THE_IMAGE =
  /^\/(?:$|(?:bin|sbin|lib|lib64|usr|etc|boot|dev|proc|sys|opt|home|root|srv|mnt|media)$|usr\/|bin\/|sbin\/|lib(?:64)?\/|proc\/|sys\/|dev\/)/;

/**
 * Whether a writable volume in a directory would hide files that the container needs, as far as its name tells.
 *
 * @example
 * hidesImage('/etc'); // => true
 * hidesImage('/var/cache/nginx'); // => false
 */
export function hidesImage(directory: string): boolean {
  return OF_THE_IMAGE.test(directory);
}

/**
 * The fewest mounts that make some directories writable. Directories within one another need one mount, and so do several
 * side by side.
 *
 * @example
 * mountsFor(['/var/cache/a', '/var/cache/a/b', '/run']); // => ['/run', '/var/cache/a']
 */
export function mountsFor(directories: readonly string[]): string[] {
  const wanted = outermost(directories.filter((directory) => !hidesImage(directory)));
  const above = Map.groupBy(wanted, (directory) => directory.slice(0, directory.lastIndexOf('/')));
  return outermost(
    [...above].flatMap(([parent, children]) =>
      children.length >= SIDE_BY_SIDE && parent !== '' && !hidesImage(parent) && parent !== '/var'
        ? [parent]
        : children,
    ),
  );
}

function outermost(directories: readonly string[]): string[] {
  const result: string[] = [];
  for (const directory of [...new Set(directories)].sort(compareText)) {
    if (!result.some((each) => directory.startsWith(`${each}/`))) result.push(directory);
  }
  return result;
}
