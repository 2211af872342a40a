import type { Path } from './pointer.ts';

/** One thing that is wrong with the input, where it stands, and what to do about it. */
export interface Fault {
  /** The document it stands in, counted from 0 over all documents of the body. */
  readonly document: number;
  /** The path in the document of the value that it is about. */
  readonly path: Path;
  /** What is wrong and what would be right. */
  readonly message: string;
}
