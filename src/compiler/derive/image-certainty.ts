import { findProgram } from '../model/container-start.ts';
import type { Path } from '../model/pointer.ts';
import type { Container, ExecAction } from '../model/workload.ts';
import type { Entrypoints } from './image-entrypoints.ts';
import { programsBeside } from './image-launchers.ts';

/** Something that a container runs and that would be killed, or would see its child killed, by a list of its entrypoints. */
export interface UncertainAction extends ExecAction {
  /** Whether it is a lifecycle hook, which is no entrypoint. */
  readonly isHook: boolean;
}

/** What a list of the entrypoints of a container lacks, as far as anybody can tell. */
export interface Completion {
  /** Files that the workload's own commands certainly start. */
  readonly more: readonly { readonly binary: string; readonly path: Path }[];
  /** What cannot be completed, so that no list may be enforced without somebody's word. */
  readonly uncertain: readonly UncertainAction[];
}

const NOTHING: Completion = { more: [], uncertain: [] };

/**
 * What a list of the entrypoints of a container lacks if it rests on the config of its image. Without the config the
 * container may run any binary, so the list must not kill what it runs: what its entrypoints and hooks start. Where the
 * list does not rest on a config there is nothing to complete: it is as its author wrote it.
 */
export function completionOf(container: Container, { literal, byImage }: Entrypoints): Completion {
  if (byImage.length === 0) return NOTHING;
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
      ...known.flatMap(({ action, others }) => (others === undefined ? [{ ...action, isHook: false }] : [])),
      ...container.lifecycleBinaries
        .filter((hook) => !isCovered(container, hook, list))
        .map((hook) => ({ ...hook, isHook: true })),
    ],
  };
}

function isCovered(container: Container, { binary, words }: ExecAction, list: ReadonlySet<string>): boolean {
  const { paths } = findProgram(container, binary);
  const others = programsBeside(container, words);
  return paths !== undefined && others !== undefined && [...paths, ...others].every((path) => list.has(path));
}
