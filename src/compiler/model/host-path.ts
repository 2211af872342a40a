/**
 * Directories and files of a node as policies name them. A path has one spelling here, so that a policy about it cannot
 * be passed by with another.
 * @module
 */
import { pathProblem, withoutEnd } from './paths.ts';

/** A path of a node in its one spelling, or why it has none: the end of a sentence that begins with the path. */
export type HostPath = { readonly path: string } | { readonly problem: string };

/** What begins like a path of Windows: a drive, or a backslash. */
const WINDOWS = /^(?:[A-Za-z]:|\\)/;

/**
 * The one spelling of a path of a node. Repeated and trailing slashes and `.` segments are left out, as kernels ignore
 * them. Paths of Windows have slashes and lower-case letters, because Windows distinguishes neither.
 *
 * @param windows Whether the pod runs on Windows, where `/var` is a directory of the drive C.
 *
 * @example
 * canonicalHostPath('/var//log/./', false); // => { path: '/var/log' }
 * canonicalHostPath('C:\\Logs', true); // => { path: 'c:/logs' }
 * canonicalHostPath('var/log', false); // => { problem: 'is not absolute' }
 */
export function canonicalHostPath(written: string, windows: boolean): HostPath {
  if (written === '') return { problem: 'is empty' };
  if (windows || WINDOWS.test(written)) return windowsPath(written);
  if (!written.startsWith('/')) return { problem: 'is not absolute' };
  const segments = segmentsOf(written);
  return segments.includes('..') ? { problem: UPWARDS } : spelt('/', segments);
}

/**
 * Whether a path is in the one spelling that {@link canonicalHostPath} gives it.
 *
 * @example
 * isCanonicalHostPath('/'); // => true
 * isCanonicalHostPath('/var/log/'); // => false
 */
export function isCanonicalHostPath(path: string): boolean {
  const found = canonicalHostPath(path, path.startsWith('//'));
  return 'path' in found && found.path === path;
}

const UPWARDS = 'holds a .. segment, which the API server refuses';
/** Short names stand for other names, and a colon leads to a stream of a file: both are second spellings. */
const SECOND_SPELLING = /~[0-9]|:|^$/;

function windowsPath(written: string): HostPath {
  const text = written.replaceAll('\\', '/').toLowerCase();
  const [, start = '', rest = ''] = /^(\/\/\.\/pipe\/|(?:\/\/\?\/)?[a-z]:\/|\/(?!\/))(.*)$/s.exec(text) ?? [];
  if (start === '') return { problem: 'is no path of a drive (C:\\…) and no named pipe (\\\\.\\pipe\\…)' };
  const names = segmentsOf(rest);
  if (names.includes('..')) return { problem: UPWARDS };
  // Windows ignores dots and spaces at the end of a name.
  const segments = names.map((each) => withoutEnd(each, '. '));
  if (segments.some((each) => SECOND_SPELLING.test(each)))
    return {
      problem:
        'holds a short name (~1), a colon, or a name of dots and spaces, which Windows reads as another path',
    };
  return spelt(start === '/' ? 'c:/' : start.replace('//?/', ''), segments);
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((each) => each !== '' && each !== '.');
}

/** The path that begins with `start`, unless nobody could see what it is. */
function spelt(start: string, segments: readonly string[]): HostPath {
  const rest = segments.join('/');
  const problem = rest === '' ? undefined : pathProblem(`/${rest}`);
  return problem === undefined ? { path: `${start}${rest}` } : { problem };
}
