import { readFileSync } from 'node:fs';
import { placeIn } from '../../cedar/policy-text.ts';
import type { Path } from '../../compiler/model/pointer.ts';
import type { GateFault } from '../../policy-sets/gate-fault.ts';

/** One thing that is wrong with a policy folder. */
export interface FolderFault {
  /** What the user reads: `<file>:<line>:<column>: <what>`. */
  readonly line: string;
  /** The same for the gates. */
  readonly fault: GateFault;
}

/** A fault of the reading itself, such as one of syntax. */
export function readingFault(line: string, message: string, path: Path): FolderFault {
  return { line, fault: { gate: 'parse', message, path } };
}

/** The line about a fault at an offset of the text of a file, in UTF-16 code units from 0. */
export function lineAt(
  file: string,
  text: string,
  offset: number,
  { gate, policy, message }: GateFault,
): string {
  const { line, column } = placeIn(text, offset);
  return `${file}:${line}:${column}: [${gate}] ${policy === undefined ? '' : `${policy}: `}${message}`;
}

/** The text of a file. A file that is not in UTF-8 is a fault: read with replacement characters, it would be another. */
export function readUtf8(file: string): { readonly text: string; readonly faults: readonly FolderFault[] } {
  try {
    return {
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(readFileSync(file)),
      faults: [],
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = 'It is not in UTF-8.';
    return { text: '', faults: [readingFault(`${file}: ${message}`, message, ['policies'])] };
  }
}
