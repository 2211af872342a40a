/**
 * How a container starts: which words are executed, and which files their first can be. The rules are those of the
 * kubelet and of the container runtimes.
 * @module
 */
import { LIMITS } from './limits.ts';
import { pathProblem } from './paths.ts';
import type { Container } from './workload.ts';

/** What the image of a container has it execute. */
export interface ImageCommand {
  /** May hold secrets, as the words of a command do. The first one names the program. */
  readonly words: readonly string[];
  /** What gives the first word. It is the container's own `args` where the image has no ENTRYPOINT. */
  readonly saidBy: 'ENTRYPOINT' | 'CMD' | 'args';
  /** Whether CMD is among the words. */
  readonly hasCmd: boolean;
}

/**
 * What the image of a container has it execute, by Kubernetes' rule: a `command` replaces ENTRYPOINT and CMD, `args`
 * replace CMD, and what is empty counts as absent. Undefined when the container has a command, when its image is not
 * known, and when there is nothing to execute.
 */
export function imageCommand({
  command,
  args,
  knownImage,
}: Pick<Container, 'command' | 'args' | 'knownImage'>): ImageCommand | undefined {
  if (command !== undefined || knownImage === undefined) return undefined;
  const { entrypoint, cmd } = knownImage.facts;
  // containerd takes an ENTRYPOINT of one empty word for none.
  const head = entrypoint.length === 1 && entrypoint[0] === '' ? [] : entrypoint;
  const hasCmd = args.length === 0 && cmd.length > 0;
  const words = [...head, ...(args.length > 0 ? args : cmd)];
  if (words.length === 0) return undefined;
  return { words, saidBy: head.length > 0 ? 'ENTRYPOINT' : hasCmd ? 'CMD' : 'args', hasCmd };
}

/** The files that a word can mean where a program is started, or why nobody can tell. */
export type ProgramSearch = FoundProgram | { readonly paths: undefined; readonly why: string };

/** The files that a word can mean. */
export interface FoundProgram {
  /** Absolute, canonical and distinct, and never none. */
  readonly paths: readonly string[];
  /** `path`: the word is a name that is looked up in PATH. `workingDir`: it is a path that is not absolute. */
  readonly how: 'absolute' | 'workingDir' | 'path';
  /** Who sets that PATH; `runtime` stands for the default of the container runtimes. */
  readonly pathOf: 'container' | 'image' | 'runtime' | undefined;
  /** Whether that PATH has entries that are not absolute. */
  readonly hasRelative: boolean;
}

/**
 * Whether a word contains what Kubernetes (`$(NAME)`, `$$`), Lattice (`${…}`) or Argo Workflows and KServe (`{{…}}`)
 * replace. The kernel sees only what comes of it, so such a word cannot be compared.
 */
export function hasVariable(word: string): boolean {
  return /\$[({$]|\{\{/.test(word);
}

/** How long a word may be that is looked up: no file has a longer name (NAME_MAX). */
const LONGEST = 255;

/**
 * A word as messages show it: quoted, and cut where it is longer than any sensible path.
 *
 * @example
 * shownWord('nginx'); // => '"nginx"'
 */
export function shownWord(word: string): string {
  return JSON.stringify(word.slice(0, 200));
}

/** What the container runtimes set where neither the container nor its image sets PATH. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Finds the files that the first word of a command can mean in a container. What has no absolute path is found only
 * where the image is known: the image decides about the working directory and PATH wherever the container does not.
 *
 * @param word A word as it is executed: the first of a command, or of what an image starts.
 */
export function findProgram(container: Container, word: string): ProgramSearch {
  if (hasVariable(word)) return { paths: undefined, why: 'holds a variable' };
  if (word.startsWith('/')) return found([canonical(word)], 'absolute');
  if (container.knownImage === undefined)
    return { paths: undefined, why: 'is looked up through PATH or the working directory' };
  if (word === '' || word === '.' || word === '..' || word.length > LONGEST)
    return { paths: undefined, why: 'is not the name of a program' };
  return word.includes('/') ? inWorkingDirectory(container, word) : inSearchPath(container, word);
}

function found(
  paths: readonly (string | undefined)[],
  how: FoundProgram['how'],
  more: Pick<FoundProgram, 'pathOf' | 'hasRelative'> = { pathOf: undefined, hasRelative: false },
): ProgramSearch {
  const known = paths.filter((path) => path !== undefined);
  // One path that cannot be told may be the file that is started.
  if (known.length < paths.length)
    return { paths: undefined, why: 'leads to a path with .. or with characters that no list can hold' };
  return { paths: [...new Set(known)], how, ...more };
}

function inWorkingDirectory({ workingDir, knownImage }: Container, word: string): ProgramSearch {
  const directory = workingDir ?? knownImage?.facts.workingDir ?? '/';
  if (!directory.startsWith('/') || hasVariable(directory))
    return { paths: undefined, why: 'is looked up in a working directory that is not known' };
  return found([canonical(`${directory}/${word}`)], 'workingDir');
}

function inSearchPath(container: Container, word: string): ProgramSearch {
  const { pathVariable, knownImage } = container;
  if (pathVariable === 'unknown')
    return { paths: undefined, why: 'is looked up in a PATH that the container may take from elsewhere' };
  const ofImage = knownImage?.facts.path;
  const text = pathVariable === 'unset' ? (ofImage ?? DEFAULT_PATH) : pathVariable.value;
  const pathOf = pathVariable !== 'unset' ? 'container' : ofImage === undefined ? 'runtime' : 'image';
  const entries = text.length > LIMITS.pathLength ? [] : text.split(':');
  // runc refuses to start what it finds by an entry that is not absolute.
  const absolute = entries.filter((entry) => entry.startsWith('/'));
  if (absolute.length === 0 || entries.length > LIMITS.pathEntries)
    return { paths: undefined, why: 'is looked up in a PATH that has no absolute directories, or too many' };
  const hasRelative = absolute.length < entries.length;
  return found(
    absolute.map((directory) => canonical(`${directory}/${word}`)),
    'path',
    { pathOf, hasRelative },
  );
}

/**
 * A path without empty steps and dots, as the kernel tells it. Undefined for one with `..`, which leads elsewhere after
 * a symbolic link, and for one that no allowlist may hold.
 */
function canonical(path: string): string | undefined {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  const whole = `/${steps.join('/')}`;
  return pathProblem(whole) === undefined ? whole : undefined;
}
