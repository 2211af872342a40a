/** How many names a message lists before it only counts the rest. */
const SHOWN_NAMES = 10;

/**
 * Lists names for a message: at most ten of them, and then how many more there are.
 *
 * @example
 * listNames(['/bin/cat', '/bin/ls', '/bin/sh']); // => '/bin/cat, /bin/ls and /bin/sh'
 */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
