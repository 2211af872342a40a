import type { Path } from '../compiler/model/pointer.ts';

/** The checks that a version must pass. */
export const GATES = ['parse', 'id', 'schema', 'entities', 'size', 'tests'] as const;

/** One thing for which a version is refused. */
export interface GateFault {
  readonly gate: (typeof GATES)[number];
  readonly message: string;
  /** The value it is about, in the version's content. */
  readonly path: Path;
  /** The policy it is about, when it is one with an id. */
  readonly policy?: string;
  /** Where it is in that policy's text, in UTF-16 code units from 0. */
  readonly offset?: number;
}
