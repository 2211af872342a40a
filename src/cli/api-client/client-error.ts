import { z } from 'zod';
import { Failure } from '../../failures/failure.ts';
import { ProblemSchema } from '../../http/problem-schema.ts';

// A newer API may answer with more fields than this program knows.
const AnsweredProblemSchema = z.looseObject(ProblemSchema.shape);

/** A problem (RFC 9457) as the API answers it. */
export type AnsweredProblem = z.output<typeof AnsweredProblemSchema>;

/** The API refused a request, did not answer it, or what answered is not Tracewright. */
export class ClientError extends Failure {
  override readonly name = 'ClientError';
  readonly code = 'api-call-failed';
  /** What the API answered; undefined when that is no problem. */
  readonly problem: AnsweredProblem | undefined;

  /** @param message A sentence for the user. */
  constructor(message: string, problem?: AnsweredProblem) {
    super(message);
    this.problem = problem;
  }

  /** Whether the API answered with the problem of this code, such as `overrides-denied`. */
  is(code: string): boolean {
    return this.problem?.type === `urn:tracewright:problem:${code}`;
  }
}

/**
 * The error that an answer means which is no success.
 *
 * @param status The HTTP status.
 * @param text The body.
 */
export function errorOfAnswer(status: number, text: string): ClientError {
  try {
    const problem = AnsweredProblemSchema.parse(JSON.parse(text));
    return new ClientError(`${problem.title} (${status}): ${problem.detail}`, problem);
  } catch {
    return foreignAnswer(status);
  }
}

/** The error for an answer that does not come from Tracewright, such as the page of a login with status 200. */
export function foreignAnswer(status: number): ClientError {
  return new ClientError(`The answer was ${status}, and not one of Tracewright.`);
}
