import { LIMITS } from '../model/limits.ts';
import type { Path } from '../model/pointer.ts';
import type { Container, ExecAction } from '../model/workload.ts';
import type { Entrypoints, StartAction } from './image-entrypoints.ts';
import { programsBeside } from './image-launchers.ts';

/** Something that a container runs and that would see its child killed by a list of its entrypoints. */
export interface UncertainAction extends ExecAction {
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

/** An entrypoint, and the files that it starts in turn if anybody can tell. */
interface KnownAction {
  readonly action: StartAction;
  readonly others: readonly string[] | undefined;
}

/**
 * What a list of the entrypoints of a container lacks. It matters where the list rests on the config of an image: without
 * the config the container may run any binary, so the list must not kill what its entrypoints start.
 */
export function completionOf(container: Container, { literal, byImage }: Entrypoints): Completion {
  const known: readonly KnownAction[] = [
    ...byImage.map(({ action, others }) => ({ action, others })),
    ...withOthers(container, literal),
  ];
  return {
    more: known.flatMap(({ action: { path }, others }) => (others ?? []).map((binary) => ({ binary, path }))),
    uncertain: known
      .flatMap(({ action, others }) => (others === undefined ? [{ ...action, neighbour: undefined }] : []))
      .slice(0, NAMED),
  };
}

/** How many uncertain actions of a container are named. One of them is enough to hold its list back. */
const NAMED = 20;

/** The workload's own entrypoints with what they start. What would be too much is not looked up, and so is uncertain. */
function withOthers(container: Container, literal: readonly StartAction[]): KnownAction[] {
  let files = 0;
  return literal.map((action) => {
    const others = files > LIMITS.lookedUp ? undefined : programsBeside(container, action.words);
    files += others?.length ?? 0;
    return { action, others };
  });
}
