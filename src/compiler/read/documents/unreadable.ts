import { Failure } from '../../../failures/failure.ts';
import { LIMITS } from '../../model/limits.ts';
import type { ParsedText, Position } from './source-document.ts';

/** Thrown to stop the reading of a text at its first fault. Only the modules of this folder throw and catch it. */
export class Unreadable extends Failure {
  override readonly name = 'Unreadable';
  readonly code = 'text-unreadable';
  /** Where the fault stands in the text, in UTF-16 code units from its start. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** The result of a text whose reading was stopped. */
export function refused(
  syntax: 'json' | 'yaml',
  { message, offset }: Unreadable,
  positionOf: (offset: number) => Position,
): ParsedText {
  return { ok: false, syntax, faults: [{ message, position: positionOf(offset) }] };
}

/** The message about a document that is nested too deep. */
export const TOO_DEEP = `The document is nested deeper than ${LIMITS.depth} levels.`;
/** The message about a string that UTF-8 cannot represent. */
export const ILL_FORMED = 'A string holds half of a surrogate pair, which is not valid Unicode.';
/** The message about a key that would set the prototype of a JavaScript object. */
export const PROTO = 'The key "__proto__" is not allowed.';

/** The message about a key that stands twice in one mapping. */
export function repeatedKey(key: string): string {
  return `The key ${JSON.stringify(key)} is repeated.`;
}
