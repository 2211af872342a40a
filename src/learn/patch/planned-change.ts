import type { Path } from '../../compiler/model/pointer.ts';
import { toPointer } from '../../compiler/model/pointer.ts';
import type { Container, Workload } from '../../compiler/model/workload.ts';
import { type Change, valueAt } from './change.ts';
import type { AllowlistProposal, RefusedProposal } from './proposal.ts';

/** A change of a document, and the proposals that it carries out. */
export interface PlannedChange {
  readonly proposals: readonly AllowlistProposal[];
  readonly document: number;
  /** The change of the document, from its root. */
  readonly change: Change;
}

/** What is to be done about some proposals. */
export interface Plan extends Changes {
  /** The proposals that could be accepted by the look of them, with those for objects that the proposed workloads made. */
  readonly accepted: readonly AllowlistProposal[];
}

/** The changes that carry out some proposals, and the proposals for which there are none. */
export interface Changes {
  readonly changes: readonly PlannedChange[];
  readonly refused: readonly RefusedProposal[];
}

/** A text that is the same for two readings of one workload, and differs for two workloads of a body. */
export function workloadKey({ source, kind, name }: Workload): string {
  return JSON.stringify([source.document, toPointer(source.path), kind, name]);
}

/** A text that is the same for two readings of one container, and differs for two containers of a body. */
export function containerKey(workload: Workload, { name }: Container): string {
  return `${workloadKey(workload)} ${name}`;
}

/** The value at a path; undefined when there is none. */
export function valueIn(root: unknown, path: Path): unknown {
  return path.reduce(valueAt, root);
}
