/**
 * The directories of the root that are symbolic links into `/usr` on Debian, Ubuntu, Fedora and others ("merged usr"),
 * and real directories on Alpine and others.
 */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

const IN_ROOT = new RegExp(`^/(${MERGED.join('|')})/`);
const IN_USR = new RegExp(`^/usr/(${MERGED.join('|')})/`);

/**
 * The second path of a file where `/usr` is merged; undefined for a path outside the directories that are merged.
 *
 * @example
 * mergedUsrCounterpart('/bin/sleep'); // => '/usr/bin/sleep'
 * mergedUsrCounterpart('/usr/bin/sleep'); // => '/bin/sleep'
 * mergedUsrCounterpart('/app/server'); // => undefined
 */
export function mergedUsrCounterpart(path: string): string | undefined {
  if (IN_ROOT.test(path)) return `/usr${path}`;
  return IN_USR.test(path) ? path.slice('/usr'.length) : undefined;
}

/** Whether a path goes through a directory of the root that is a symbolic link where `/usr` is merged. */
export function isOutsideUsr(path: string): boolean {
  return IN_ROOT.test(path);
}

/** Whether a path names a program in `/bin` or `/sbin`, where shells look programs up by name (`PATH`). */
export function isLookedUpOutsideUsr(path: string): boolean {
  return /^\/s?bin\/[^/]+$/.test(path);
}

/**
 * Adds the second path of each file to an allowlist. The result is in no particular order.
 *
 * @example
 * [...withMergedUsr(['/bin/sh'])]; // => ['/bin/sh', '/usr/bin/sh']
 */
export function withMergedUsr(allowlist: Iterable<string>): Set<string> {
  const both = new Set(allowlist);
  for (const path of [...both]) {
    const counterpart = mergedUsrCounterpart(path);
    if (counterpart !== undefined) both.add(counterpart);
  }
  return both;
}
