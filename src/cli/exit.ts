import { Failure } from '../failures/failure.ts';

/** What the exit codes of every command mean. */
export const EXIT_CODES = `Exit codes
  0  It is done.
  1  The policies are not good; a compilation is denied; or, with --exit-code, there is a difference or a denial.
  2  Wrong usage: a command, an option, a file or a folder that there is not.
  3  The API refused, or did not answer.
  4  A fault of this program; TRACEWRIGHT_DEBUG=1 prints where.
`;

/** What a command ends with, and what it says of it on stderr. */
export class Exit extends Failure {
  override readonly name = 'Exit';
  readonly code = 'command-ended';
  readonly exitCode: number;
  constructor(exitCode: number, message = '') {
    super(message);
    this.exitCode = exitCode;
  }
}
