import { Failure } from '../../failures/failure.ts';

/** The exit codes of every command, by what they mean. */
export const EXIT = { done: 0, negative: 1, usage: 2, api: 3, fault: 4 } as const;

/** A number that a command ends with. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The part of a help text that says what the exit codes mean. */
export const EXIT_CODES = `Exit codes
  ${EXIT.done}  It is done.
  ${EXIT.negative}  The policies are not good; a compilation is denied; or, with --exit-code, there is a difference or a denial.
  ${EXIT.usage}  Wrong usage: a command, an option, a file or a folder that does not exist.
  ${EXIT.api}  The API refused, or did not answer.
  ${EXIT.fault}  A fault of this program; TRACEWRIGHT_DEBUG=1 prints where.
`;

/** A command cannot do what it was asked to do. The message tells the user what is wrong and what to do. */
export class CommandError extends Failure {
  override readonly name = 'CommandError';
  readonly code = 'command-ended';
  readonly exitCode: ExitCode;

  /**
   * @param exitCode The exit code of the command.
   * @param message One or more lines for stderr, without the last line break.
   */
  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
