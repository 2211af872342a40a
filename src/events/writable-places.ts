/**
 * The directories that programs of a container can usually write to, whatever its image is: those for temporary files, and
 * those that the runtime fills when it starts the container.
 */
const WRITABLE = ['/tmp', '/var/tmp', '/dev/shm', '/dev', '/run', '/var/run', '/var/lock'];

/**
 * The directory that a file is in and that the container can write to, or the file itself where a volume is mounted on it;
 * undefined when there is none.
 *
 * @param mounts The directories and files where volumes are mounted that the container may write to.
 *
 * @example
 * writableDirectoryOf('/tmp/x', []); // => '/tmp'
 * writableDirectoryOf('/cache/bin/x', ['/cache/./']); // => '/cache/./'
 * writableDirectoryOf('/usr/bin/x', ['/usr/bin/x']); // => '/usr/bin/x'
 * writableDirectoryOf('/usr/bin/x', ['/cache']); // => undefined
 */
export function writableDirectoryOf(path: string, mounts: readonly string[]): string | undefined {
  return [...WRITABLE, ...mounts].find((each) => {
    const mounted = normalPath(each);
    return path === mounted || path.startsWith(`${mounted}/`);
  });
}

/** A path of a mount as the runtime takes it: from the root, without empty, `.` and `..` segments or a slash at the end. */
function normalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.map((segment) => `/${segment}`).join('');
}
