import type { Path } from '../../model/pointer.ts';

/** A place in the text of a body. Line and column are counted from 1; a column is a UTF-16 code unit. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One document of a body: its value, and where each part of it stands in the text. */
export interface SourceDocument {
  /** Its place among the documents of the body, counted from 0. */
  readonly index: number;
  /** Plain JSON data. */
  readonly value: unknown;
  /** Where the value at `path` begins. If there is no such value, where its nearest existing ancestor begins. */
  locate(path: Path): Position | undefined;
  /** Where the numbers stand that JavaScript reads as other integers than those written. Few callers mind them. */
  rounded(): Position[];
}

/** One reason why a text could not be read. */
export interface SyntaxFault {
  readonly message: string;
  readonly position: Position;
}

/** The documents of a text, or the reasons why it could not be read, and the syntax that was tried last. */
export type ParsedText =
  | { readonly ok: true; readonly syntax: 'json' | 'yaml'; readonly documents: readonly SourceDocument[] }
  | { readonly ok: false; readonly syntax: 'json' | 'yaml'; readonly faults: readonly SyntaxFault[] };
