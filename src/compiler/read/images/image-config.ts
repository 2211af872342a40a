import type { ImageFacts } from '../../model/image.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Path } from '../../model/pointer.ts';
import { entries, isMapping, member } from '../mapping.ts';

/** Takes what is wrong with a value, and its path from the root of its document. */
export type Complain = (path: Path, message: string) => void;

/**
 * Reads the facts of the config of an image: the part that a Dockerfile sets, which is `config` in an OCI image config
 * and `Config` in what `docker image inspect` prints. A config that is absent has no facts to tell, and is none of our
 * faults. What is wrong goes to `complain`, and nothing of the variables is ever repeated there.
 *
 * @param at The path of the config.
 */
export function readImageFacts(value: unknown, at: Path, complain: Complain): ImageFacts {
  if (value != null && !isMapping(value)) complain(at, 'Expected a mapping: the config of an image.');
  refuseOtherCase(value, at, complain);
  return {
    entrypoint: readWords(value, 'Entrypoint', at, complain),
    cmd: readWords(value, 'Cmd', at, complain),
    workingDir: readText(value, 'WorkingDir', at, complain) || '/',
    path: readSearchPath(value, at, complain),
    user: readText(value, 'User', at, complain),
  };
}

/** The fields of a config that are read. */
const FIELDS = ['Entrypoint', 'Cmd', 'WorkingDir', 'Env', 'User'];

/** Container runtimes read the names of fields in any case. Passed over, such a field would seem to be absent. */
function refuseOtherCase(config: unknown, at: Path, complain: Complain): void {
  for (const [key] of isMapping(config) ? entries(config) : []) {
    const field = FIELDS.find((each) => each.toLowerCase() === String(key).toLowerCase());
    if (field !== undefined && field !== key) complain([...at, key], `This field is written ${field}.`);
  }
}

function readWords(config: unknown, key: 'Entrypoint' | 'Cmd', at: Path, complain: Complain): string[] {
  const value = member(config, key);
  if (value == null) return [];
  const path = [...at, key];
  if (!Array.isArray(value)) {
    complain(path, 'Expected a list of words, as an image config has it, such as ["/bin/sh", "-c", "…"].');
    return [];
  }
  if (value.length > LIMITS.imageWords) {
    complain(path, `At most ${LIMITS.imageWords} words are taken; there are ${value.length}.`);
    return [];
  }
  return entries(value).flatMap(([index, word]) => {
    if (typeof word === 'string' && !word.includes('\0')) return [word];
    complain([...path, index], 'Expected a word: a string without a NUL.');
    return [];
  });
}

function readText(config: unknown, key: 'WorkingDir' | 'User', at: Path, complain: Complain): string {
  const value = member(config, key) ?? '';
  if (typeof value === 'string' && !value.includes('\0')) return value;
  complain([...at, key], 'Expected a string.');
  return '';
}

/** The variable PATH. All others are passed over at once, because they may hold secrets. */
function readSearchPath(config: unknown, at: Path, complain: Complain): string | undefined {
  const value = member(config, 'Env');
  if (value == null) return undefined;
  const path = [...at, 'Env'];
  if (!Array.isArray(value)) {
    complain(path, 'Expected a list of variables, each as NAME=value.');
    return undefined;
  }
  let found: string | undefined;
  for (const [index, variable] of entries(value)) {
    if (typeof variable !== 'string') complain([...path, index], 'Expected a variable as NAME=value.');
    // Of two variables of the same name the last one counts.
    else if (variable.startsWith('PATH=')) found = variable.slice('PATH='.length);
  }
  if (found === undefined) return undefined;
  const count = found.split(':').length;
  if (found.length > LIMITS.pathLength)
    complain(path, `PATH has ${found.length} characters; at most ${LIMITS.pathLength} are taken.`);
  else if (count > LIMITS.pathEntries)
    complain(path, `PATH has ${count} directories; at most ${LIMITS.pathEntries} are taken.`);
  else return found;
  return undefined;
}
