/**
 * The folders that are links into `/usr` on Debian, Ubuntu, Fedora and others ("merged usr"), and are
 * folders of their own on Alpine and others.
 */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

const IN_ROOT = new RegExp(`^/(${MERGED.join('|')})/`);
const IN_USR = new RegExp(`^/usr/(${MERGED.join('|')})/`);

/** The other name that a file has where `/usr` is merged: `/usr/bin/sleep` of `/bin/sleep`, and the reverse. */
export function mergedUsrCounterpart(path: string): string | undefined {
  if (IN_ROOT.test(path)) return `/usr${path}`;
  return IN_USR.test(path) ? path.slice('/usr'.length) : undefined;
}

/** Whether a path goes through a folder that is a link where `/usr` is merged. */
export function isOutsideUsr(path: string): boolean {
  return IN_ROOT.test(path);
}

/** Whether a path is of a folder in which programs are looked up by name (`PATH`), and outside `/usr`. */
export function isLookedUpOutsideUsr(path: string): boolean {
  return /^\/s?bin\/[^/]+$/.test(path);
}

/** An allowlist with both names of each file, in no order. */
export function withMergedUsr(allowlist: Iterable<string>): Set<string> {
  const both = new Set(allowlist);
  for (const path of [...both]) {
    const counterpart = mergedUsrCounterpart(path);
    if (counterpart !== undefined) both.add(counterpart);
  }
  return both;
}
