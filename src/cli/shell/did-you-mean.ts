import { closest, distance } from 'fastest-levenshtein';

/**
 * The question whether another name was meant, as a sentence with a space before it. It is empty when no name is near.
 *
 * @param wrong The name that the user wrote.
 * @param names The names that exist.
 * @param prefix What stands before each name, such as `--`.
 */
export function didYouMean(wrong: string, names: readonly string[], prefix = ''): string {
  if (wrong === '' || names.length === 0) return '';
  const near = closest(wrong, names);
  return distance(wrong, near) <= Math.max(2, near.length / 3) ? ` Did you mean ${prefix}${near}?` : '';
}
