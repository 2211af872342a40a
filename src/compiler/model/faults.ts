import type { Path } from './pointer.ts';

/** One thing wrong with the input, where it stands, in words that say what to do. */
export interface Fault {
  /** The document it stands in, counted from 0 over all documents of the body. */
  readonly document: number;
  /** The value it speaks of. */
  readonly path: Path;
  /** What is wrong and what would be right. */
  readonly message: string;
}
