import { type FoundProgram, findProgram, hasVariable, imageCommand } from '../model/container-start.ts';
import { LIMITS } from '../model/limits.ts';
import type { Path } from '../model/pointer.ts';
import { type Container, containerPlace } from '../model/workload.ts';
import { programsBeside } from './image-launchers.ts';

/** Something that is executed in a container, and allowed because of that. */
export interface StartAction {
  readonly binary: string;
  readonly words: readonly string[];
  readonly path: Path;
  /** Whether only the image says that it is executed. */
  readonly isOfImage: boolean;
}

/** An entrypoint whose files only the config of the image could tell. */
export interface ImageEntrypoint {
  readonly action: StartAction;
  readonly program: FoundProgram;
  /** The files of the programs that it starts in turn; undefined when nobody can tell, so that events are needed. */
  readonly others: readonly string[] | undefined;
}

/** An entrypoint of which nobody can tell which file it is. */
export interface UnknownEntrypoint {
  readonly action: StartAction;
  /** Why, as the rest of a sentence. */
  readonly why: string;
}

/** The entrypoints of a container by how they are known. */
export interface Entrypoints {
  /** Those that the workload itself names by an absolute path. */
  readonly literal: readonly StartAction[];
  readonly byImage: readonly ImageEntrypoint[];
  readonly unknown: readonly UnknownEntrypoint[];
}

/**
 * The entrypoints of a container: its command, or what its image starts where that is known; its exec probes, its
 * lifecycle hooks and its backup hooks.
 */
export function entrypointsOf(container: Container): Entrypoints {
  const literal: StartAction[] = [];
  const byImage: ImageEntrypoint[] = [];
  const unknown: UnknownEntrypoint[] = [];
  let files = 0;
  for (const action of startActions(container)) {
    if (!action.isOfImage && action.binary.startsWith('/') && !hasVariable(action.binary)) {
      literal.push(action);
      continue;
    }
    const search = findProgram(container, action.binary);
    if (search.paths === undefined) {
      unknown.push({ action, why: search.why });
      continue;
    }
    const others = programsBeside(container, action.words);
    files += search.paths.length + (others?.length ?? 0);
    if (files <= LIMITS.lookedUp) byImage.push({ action, program: search, others });
    else unknown.push({ action, why: 'is one of too many that are looked up' });
  }
  return { literal, byImage, unknown };
}

function startActions(container: Container): StartAction[] {
  const { command, words, execProbes, lifecycleBinaries, backupHooks } = container;
  const ofImage = imageCommand(container);
  return [
    ...(command === undefined
      ? []
      : [{ binary: command, words, path: containerPlace(container, 'command', 0), isOfImage: false }]),
    ...(ofImage === undefined
      ? []
      : [
          {
            binary: ofImage.words[0] ?? '',
            words: ofImage.words,
            path: containerPlace(container, 'image'),
            isOfImage: true,
          },
        ]),
    ...[...execProbes, ...lifecycleBinaries, ...backupHooks].map((action) => ({
      binary: action.binary,
      words: action.words,
      path: action.path,
      isOfImage: false,
    })),
  ];
}
