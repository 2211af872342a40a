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
