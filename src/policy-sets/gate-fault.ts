import type { Path } from '../compiler/model/pointer.ts';

/** The checks that a version must pass. */
export const GATES = ['parse', 'id', 'schema', 'entities', 'settings', 'size', 'tests'] as const;

/** One reason for which a version is refused. */
export interface GateFault {
  /** The gate that found it. */
  readonly gate: (typeof GATES)[number];
  /** What is wrong and what would be right. */
  readonly message: string;
  /** The path of the faulty value in the content of the version. */
  readonly path: Path;
  /** The id of the faulty policy, where the fault is about a policy that has one. */
  readonly policy?: string;
  /** The place of the fault in the text of that policy, in UTF-16 code units from 0. */
  readonly offset?: number;
}
