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
 * @param hides Whether a volume in a directory would hide files that the container needs.
 *
 * @example
 * mountsFor(['/var/cache/a', '/var/cache/a/b', '/run']); // => ['/run', '/var/cache/a']
 */
export function mountsFor(
  directories: readonly string[],
  hides: (directory: string) => boolean = hidesImage,
): string[] {
  const wanted = outermost(directories.filter((directory) => !hides(directory)));
  const above = Map.groupBy(wanted, (directory) => directory.slice(0, directory.lastIndexOf('/')));
  return outermost(
    [...above].flatMap(([parent, children]) =>
      children.length >= SIDE_BY_SIDE && parent !== '' && !hides(parent) && parent !== '/var'
        ? [parent]
        : children,
    ),
  );
}

/** The mount that each of some directories is in, of mounts that are not within one another. */
export function mountOf(
  directories: readonly string[],
  mounts: readonly string[],
): ReadonlyMap<string, string> {
  const isMount = new Set(mounts);
  const found = new Map<string, string>();
  let last: Keyed | undefined;
  for (const each of inTreeOrder([...directories, ...mounts])) {
    if (isMount.has(each.directory)) last = each;
    if (last !== undefined && each.key.startsWith(last.key)) found.set(each.directory, last.directory);
  }
  return found;
}

/** A directory with the text by which it stands directly before all that is in it. */
interface Keyed {
  readonly directory: string;
  readonly key: string;
}

/** Directories in an order in which each is followed by those in it, without repetitions. */
function inTreeOrder(directories: readonly string[]): Keyed[] {
  return [...new Set(directories)]
    .map((directory) => ({ directory, key: `${directory}/`.replaceAll('/', '\0') }))
    .sort((a, b) => compareText(a.key, b.key));
}

function outermost(directories: readonly string[]): string[] {
  const result: Keyed[] = [];
  for (const each of inTreeOrder(directories)) {
    const last = result.at(-1);
    if (last === undefined || !each.key.startsWith(last.key)) result.push(each);
  }
  return result.map(({ directory }) => directory).sort(compareText);
}
