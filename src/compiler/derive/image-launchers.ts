/**
 * Which programs a container starts besides its entrypoint, judged by what the config of an image tells. A config tells
 * no more than words, so an allowlist is made of it only where the words leave no doubt.
 * @module
 */
import { findProgram } from '../model/container-start.ts';
import { baseName } from '../model/paths.ts';
import type { Container } from '../model/workload.ts';
import { mayStartOthers } from './image-starters.ts';
import { startedPrograms } from './started-programs.ts';

/**
 * Launchers that do nothing but execute the command in their arguments, which they look up in PATH as they got it. All
 * others may start more than that, or change what PATH or a path means.
 */
const TRANSPARENT: ReadonlySet<string> = new Set([
  'catatonit',
  'chrt',
  'docker-init',
  'dumb-init',
  'gosu',
  'ionice',
  'nice',
  'nohup',
  's6-setuidgid',
  'setsid',
  'stdbuf',
  'su-exec',
  'taskset',
  'timeout',
  'tini',
  'tini-static',
]);

/**
 * The files of all programs that a command starts besides its first: none where the first is a plain program. Undefined
 * when nobody can tell, as with every shell and script.
 *
 * @param words What is executed in the container.
 */
export function programsBeside(
  container: Container,
  words: readonly string[],
): readonly string[] | undefined {
  const [first = ''] = words;
  if (!mayStartOthers(first)) return [];
  const started = startedPrograms(words);
  if (started?.complete !== true || !TRANSPARENT.has(baseName(first))) return undefined;
  const paths = new Set<string>();
  for (const program of started.programs) {
    if (mayStartOthers(program) && !TRANSPARENT.has(baseName(program))) return undefined;
    const search = findProgram(container, program);
    // A path from the working directory may mean another file once a launcher has changed that.
    if (search.paths === undefined || search.how === 'workingDir') return undefined;
    for (const path of search.paths) paths.add(path);
  }
  return [...paths];
}
