/**
 * A relative path behind a working directory. It is the path of the file only where no part of it is a symbolic link, and
 * it is empty when there is no path.
 *
 * @example
 * joined('./run', '/srv/app'); // => '/srv/app/run'
 * joined(undefined, '/srv/app'); // => ''
 */
export function joined(path: string | undefined, cwd: string): string {
  if (path === undefined) return '';
  return `${cwd.replace(/\/+$/, '')}/${path.replace(/^(?:\.\/+)+/, '')}`;
}

/**
 * The directory of a path.
 *
 * @example
 * directoryOf('/var/cache/x'); // => '/var/cache'
 * directoryOf('/x'); // => '/'
 */
export function directoryOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

/**
 * Whether a process runs a script that was started by a relative path. The agent writes the binary with the working
 * directory before it, but the kernel hands the path to the interpreter as it was given: as its first argument, or its
 * second behind an option of the `#!` line.
 *
 * @example
 * isRelativeScript({ binary: '/app/run.sh', cwd: '/app', arguments: './run.sh --all' }); // => true
 * isRelativeScript({ binary: '/app/run.sh', cwd: '/app', arguments: '/app/run.sh --all' }); // => false
 */
export function isRelativeScript({
  binary,
  cwd,
  arguments: given,
}: {
  readonly binary: string;
  readonly cwd: string;
  readonly arguments: string;
}): boolean {
  const words = given.split(' ', 2).filter((word) => word !== '' && !/^[/-]/.test(word));
  return words.some((word) => cwd !== '' && joined(word, cwd) === binary);
}
