import { annotatedList } from '../../compiler/read/kubernetes/annotations.ts';

/**
 * Writes a list of binaries as the value of an annotation, with a line for each. A path that such a list cannot hold,
 * for instance one with a comma, makes it a JSON array.
 *
 * @example
 * annotationLines(['/bin/sh', '/bin/web']); // => '/bin/sh\n/bin/web'
 * annotationLines(['/bin/a,b']); // => '["/bin/a,b"]'
 */
export function annotationLines(binaries: readonly string[]): string {
  return (
    readsAs(binaries.join('\n'), binaries) ?? JSON.stringify(binaries, null, binaries.length > 1 ? 2 : 0)
  );
}

/**
 * The same for JSON text, where a line break would be written as `\n`: the binaries are separated by
 * commas.
 *
 * @example
 * annotationWords(['/bin/sh', '/bin/web']); // => '/bin/sh, /bin/web'
 */
export function annotationWords(binaries: readonly string[]): string {
  return readsAs(binaries.join(', '), binaries) ?? JSON.stringify(binaries);
}

/** The text, if the reader of annotations finds in it what it was made of. */
function readsAs(text: string, binaries: readonly string[]): string | undefined {
  const read = annotatedList(text);
  return read?.length === binaries.length && read.every((binary, index) => binary === binaries[index])
    ? text
    : undefined;
}
