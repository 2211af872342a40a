/**
 * What notices say of the entrypoints that the config of an image told. Of what is executed they show the first word
 * alone, because the others may be secrets.
 * @module
 */
import { type FoundProgram, shownWord } from '../../model/container-start.ts';
import type { MatchedImage } from '../../model/image.ts';
import type { Workload } from '../../model/workload.ts';
import { allowedBinariesPlace } from '../allowed-binaries-place.ts';
import type { UncertainAction } from '../image-certainty.ts';
import type { ImageEntrypoint } from '../image-entrypoints.ts';
import { startedPrograms } from '../started-programs.ts';
import type { AllowlistOptions } from './allowlist-notice.ts';
import { listNames } from './list-names.ts';

/** Says which entrypoint was taken from the config of an image, and which files it can be. */
export function entrypointMessage(
  { action, program, others }: ImageEntrypoint,
  { name }: MatchedImage,
  { pathMatching }: Pick<AllowlistOptions, 'pathMatching'>,
): string {
  const word = shownWord(action.binary);
  const subject = action.isOfImage
    ? `By the config of the image ${name}, the container starts ${word}`
    : `The container runs ${word}`;
  const further =
    others === undefined || others.length === 0
      ? ''
      : ' So does each program that its arguments have it start.';
  const resolved =
    pathMatching === 'either'
      ? ''
      : ' With pathMatching=resolved, where it is a symbolic link, list the file that it leads to.';
  return `${subject}${whereFound(program, name)}.${further}${resolved}`;
}

/** The directory or directories in which an entrypoint was looked up, as the rest of a sentence. */
function whereFound({ how, paths, pathOf, hasRelative }: FoundProgram, image: string): string {
  if (how === 'absolute') return ', which counts as an entrypoint';
  if (how === 'workingDir') {
    return `; in its working directory that is ${listNames(paths)}, which counts as an entrypoint. If it is a symbolic link, list the file that it leads to`;
  }
  const whose = {
    container: 'the PATH of the container',
    image: `the PATH of the image ${image}`,
    runtime: 'the PATH that container runtimes set by default, because the image sets none',
  }[pathOf ?? 'runtime'];
  const relative = hasRelative ? ' (its entries that are not absolute are left out)' : '';
  return `, which is looked up in ${whose}${relative}; each path that it can be counts as an entrypoint: ${listNames(paths)}`;
}

/** Says why no list is enforced though the entrypoints are known, and what to do. */
export function eventsMessage(
  workload: Workload,
  { binary, words, neighbour }: UncertainAction,
  { mode }: Pick<AllowlistOptions, 'mode'>,
): string {
  const word = shownWord(binary);
  const what = startedPrograms(words)?.what ?? 'program';
  const who = neighbour === undefined ? 'the container' : `the container ${neighbour} of the same pod`;
  const why = `${who.replace(/^t/, 'T')} runs the ${what} ${word}, which may start other programs, and the config of an image does not tell which. An allowlist of the entrypoints alone would kill the first of them, so any binary may run.`;
  const place = allowedBinariesPlace(workload);
  const now =
    mode === 'monitor'
      ? `mode=monitor takes that list all the same, and its events name each other program that runs. List those in ${place} before mode=enforce`
      : `Compile with mode=monitor, which takes that list all the same: its events name each other program that runs. Then list those in ${place}`;
  return `${why} ${now}.`;
}
