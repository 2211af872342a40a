import { pathProblem } from '../compiler/model/paths.ts';

/** How many characters of a path a sentence repeats. */
const SHOWN = 200;

/** A path as it stands in a sentence: in quotes where it has other characters than those of ordinary names. */
export function readableFile(path: string): string {
  const shown = path.length <= SHOWN ? path : `${path.slice(0, SHOWN)}…`;
  return /^[\w./+@:%=~-]+…?$/.test(shown) ? shown : JSON.stringify(shown);
}

/**
 * Why a path of an event cannot be on an allowlist; undefined when it can. The agent writes U+FFFD for bytes that are not
 * UTF-8, so such a path is not the name of the file.
 *
 * @example
 * unlistable('curl'); // => 'is not absolute'
 */
export function unlistable(path: string): string | undefined {
  return path.includes('\ufffd') ? 'is not UTF-8' : pathProblem(path);
}
