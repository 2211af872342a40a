/** The longest path the kernel takes, without its NUL (PATH_MAX, path_resolution(7)). */
const PATH_BYTES = 4_095;

/** Characters that a reviewer cannot see or that readers of YAML take for something else. NUL ends a path for the kernel. */
const UNREADABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff\ufffe\uffff]/u;

const encoder = new TextEncoder();

/** The length of a path in bytes of UTF-8, as the kernel counts it. */
export function pathBytes(path: string): number {
  return encoder.encode(path).length;
}

/** Whether a path has more than so many bytes. Most paths are so short that their bytes need not be counted. */
export function isLongerThan(path: string, bytes: number): boolean {
  return path.length * 3 > bytes && pathBytes(path) > bytes;
}

/**
 * Why a path cannot be trusted to name one file, or undefined if it can: it must be absolute and
 * canonical, so that the text a person reviews is the text the kernel compares.
 *
 * @example
 * pathProblem('/usr/bin/curl'); // => undefined
 * pathProblem('/usr/../bin/curl'); // => 'holds a . or .. segment'
 */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'is not absolute';
  if (path === '/') return 'names the root directory';
  if (path.endsWith('/')) return 'ends with a slash';
  if (UNREADABLE.test(path)) return 'holds control, line-break or text-direction characters';
  if (!path.isWellFormed()) return 'is not valid Unicode';
  const segments = path.slice(1).split('/');
  if (segments.includes('')) return 'holds an empty segment (//)';
  if (segments.includes('.') || segments.includes('..')) return 'holds a . or .. segment';
  if (isLongerThan(path, PATH_BYTES)) return `is longer than ${PATH_BYTES} bytes`;
  return undefined;
}

/**
 * A text without the characters at its end that are among some. Its cost is that of the text, while that of `/x+$/` is
 * its square.
 *
 * @example
 * withoutEnd('/var/log//', '/'); // => '/var/log'
 */
export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/**
 * The last segment of a path, which may be absolute or relative.
 *
 * @example
 * baseName('/usr/bin/curl'); // => 'curl'
 */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
