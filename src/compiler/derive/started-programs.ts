import { baseName } from '../model/paths.ts';
import { BUILT_IN, BUILT_IN_LAUNCHERS, isScript, LAUNCHERS, type Launcher } from './launchers.ts';
import { readShellLine } from './shell-line.ts';

/** The programs that a launcher starts, as far as its arguments name them. */
export interface StartedPrograms {
  /** What a notice calls the launcher. */
  readonly what: 'shell' | 'script' | 'launcher';
  /** The distinct names or paths of the programs, in the order in which the arguments name them. */
  readonly programs: readonly string[];
  /** Whether these are certainly all the programs that it starts. */
  readonly complete: boolean;
}

/**
 * Finds the programs that a command line starts besides its first. Arguments can contain secrets, so the answer has
 * only words that stand in the place of a program and look like the name or path of one.
 *
 * @param words The command and its arguments.
 * @returns Undefined when the first program is not known to start others.
 *
 * @example
 * startedPrograms(['/bin/sh', '-c', 'exec nginx -g "daemon off;"']); // => { what: 'shell', programs: ['nginx'], complete: true }
 * startedPrograms(['/bin/sleep', '5']); // => undefined
 */
export function startedPrograms(words: readonly string[]): StartedPrograms | undefined {
  const name = baseName(words[0] ?? '');
  const launcher = launcherOf(name);
  if (launcher === undefined)
    return isScript(name) ? { what: 'script', programs: [], complete: false } : undefined;
  // An applet such as `busybox sleep` starts no other program, unless the applet is a launcher itself.
  if (launcher.starts === 'applet' && launcherOf(words[1] ?? '') === undefined) return undefined;
  const found = new Found();
  follow(found, launcher, words.slice(1), 0);
  const what = launcher.starts === 'shell' || launcher.starts === 'applet' ? 'shell' : 'launcher';
  return { what, programs: [...found.programs], complete: found.complete };
}

/** Whether a file is a launcher or a script, judged by its name alone. */
export function isLauncher(path: string): boolean {
  const name = baseName(path);
  return launcherOf(name) !== undefined || isScript(name);
}

function launcherOf(name: string): Launcher | undefined {
  return Object.hasOwn(LAUNCHERS, name) ? LAUNCHERS[name] : undefined;
}

/** The answer while it is put together. */
class Found {
  readonly programs = new Set<string>();
  complete = true;
}

/** How many launchers within launchers are followed. The bound keeps the work small for a command of very many words. */
const DEPTH = 8;

/** Matches a name or path of a program that is safe to show. Words that look otherwise could contain a secret. */
const PROGRAM = /^[A-Za-z0-9_./][A-Za-z0-9_.+/-]{0,127}$/;

function follow(found: Found, launcher: Launcher, args: readonly string[], depth: number): void {
  switch (launcher.starts) {
    case 'shell':
      followShell(found, launcher, args, depth);
      return;
    case 'applet': {
      const applet = launcherOf(args[0] ?? '');
      if (applet !== undefined) follow(found, applet, args.slice(1), depth);
      return;
    }
    case 'command': {
      const rest = commandOf(launcher, args);
      if (rest === undefined) found.complete = false;
      else start(found, rest, depth);
      return;
    }
    default:
      found.complete = false;
  }
}

/** The command among the arguments of a launcher; undefined when its start cannot be determined. */
function commandOf(launcher: Launcher, args: readonly string[]): readonly string[] | undefined {
  const { valued = [], flags, operands = 0, assignments } = launcher;
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (valued.includes(word)) at++;
    else if (word.startsWith('-') && flags?.test(word) !== true) return undefined;
    else if (!word.startsWith('-')) break;
  }
  while (assignments && /^[^=]+=/.test(args[at] ?? '')) at++;
  const rest = args.slice(at + operands);
  return rest.length === 0 ? undefined : rest;
}

function start(found: Found, words: readonly string[], depth: number): void {
  const [program = ''] = words;
  if (!PROGRAM.test(program)) {
    found.complete = false;
    return;
  }
  found.programs.add(program);
  const name = baseName(program);
  const launcher = launcherOf(name);
  if (launcher === undefined) {
    if (isScript(name)) found.complete = false;
  } else if (depth >= DEPTH) found.complete = false;
  else follow(found, launcher, words.slice(1), depth + 1);
}

function followShell(found: Found, { valued = [] }: Launcher, args: readonly string[], depth: number): void {
  let line = false;
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (valued.includes(word)) at++;
    else if (/^[-+][A-Za-z]+$/.test(word)) {
      line ||= word.startsWith('-') && word.includes('c');
      // The value of `o` is the next word, as in `-eo pipefail`.
      if (word.endsWith('o')) at++;
    } else if (/^--[a-z-]+$/.test(word)) continue;
    else {
      if (word === '--') continue;
      if (line) followLine(found, word, depth);
      // The word is a script, whose content is not known here.
      else found.complete = false;
      return;
    }
  }
  found.complete = false;
}

function followLine(found: Found, line: string, depth: number): void {
  const { commands, complete } = readShellLine(line);
  if (!complete) found.complete = false;
  for (const words of commands) {
    const [name = ''] = words;
    const launcher = Object.hasOwn(BUILT_IN_LAUNCHERS, name) ? BUILT_IN_LAUNCHERS[name] : undefined;
    if (launcher !== undefined) {
      // `exec 3>file` without a command only opens a file.
      if (words.length > 1) followBuiltIn(found, launcher, words, depth);
    } else if (name === '.' || name === 'source' || name === 'eval') found.complete = false;
    else if (!BUILT_IN.has(name)) start(found, words, depth);
  }
}

function followBuiltIn(found: Found, launcher: Launcher, words: readonly string[], depth: number): void {
  const rest = commandOf(launcher, words.slice(1));
  if (rest === undefined) found.complete = false;
  else if (!(words[0] !== 'exec' && BUILT_IN.has(rest[0] ?? ''))) start(found, rest, depth);
}
