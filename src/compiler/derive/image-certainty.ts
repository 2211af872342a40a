import { findProgram } from '../model/container-start.ts';
import type { Path } from '../model/pointer.ts';
import type { Container, ExecAction } from '../model/workload.ts';
import type { Entrypoints } from './image-entrypoints.ts';
import { programsBeside } from './image-launchers.ts';

/** Something that a container runs and that would be killed, or would see its child killed, by a list of its entrypoints. */
export interface UncertainAction extends ExecAction {
  /** Whether it is a lifecycle hook, which is no entrypoint. */
  readonly isHook: boolean;
  /** The container that runs it; undefined when it is the container whose list would kill it. */
  readonly neighbour: string | undefined;
}

/** What a list of the entrypoints of a container lacks, as far as anybody can tell. */
export interface Completion {
  /** Files that the workload's own commands certainly start. */
  readonly more: readonly { readonly binary: string; readonly path: Path }[];
  /** What cannot be completed, so that no list may be enforced without somebody's word. */
  readonly uncertain: readonly UncertainAction[];
}

/**
 * What a list of the entrypoints of a container lacks. It matters where the list rests on the config of an image: without
 * the config the container may run any binary, so the list must not kill what it is known to run, which is what its
 * entrypoints and its hooks start.
 */
export function completionOf(container: Container, { literal, byImage }: Entrypoints): Completion {
  const known = [
    ...byImage.map(({ action, program, others }) => ({ action, paths: program.paths, others })),
    ...literal.map((action) => ({
      action,
      paths: [action.binary],
      others: programsBeside(container, action.words),
    })),
  ];
  const list = new Set(known.flatMap(({ paths, others }) => [...paths, ...(others ?? [])]));
  return {
    more: known.flatMap(({ action: { path }, others }) => (others ?? []).map((binary) => ({ binary, path }))),
    uncertain: [
      ...known.flatMap(({ action, others }) =>
        others === undefined ? [{ ...action, isHook: false, neighbour: undefined }] : [],
      ),
      ...container.lifecycleBinaries
        .filter((hook) => !isCovered(container, hook, list))
        .map((hook) => ({ ...hook, isHook: true, neighbour: undefined })),
    ],
  };
}

function isCovered(container: Container, { binary, words }: ExecAction, list: ReadonlySet<string>): boolean {
  const { paths } = findProgram(container, binary);
  const others = programsBeside(container, words);
  return paths !== undefined && others !== undefined && [...paths, ...others].every((path) => list.has(path));
}
