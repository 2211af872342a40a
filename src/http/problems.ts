import type { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';
import { Failure } from '../failures/failure.ts';
import { PROBLEMS, type ProblemCode, problemType } from './problem-codes.ts';
import type { ProblemSchema, RequestFault } from './problem-schema.ts';

type Extension = Omit<z.output<typeof ProblemSchema>, 'type' | 'title' | 'status' | 'detail'>;

/** A failed request. It is thrown where the failure is found, and answered in one place, `answerError`. */
export class Problem extends Failure {
  override readonly name = 'Problem';
  readonly code = 'request-refused';
  readonly problem: ProblemCode;
  readonly extension: Extension;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: ProblemCode,
    detail: string,
    extension: Extension = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.problem = problem;
    this.extension = extension;
    this.headers = headers;
  }

  /** The answer: `application/problem+json`. */
  toResponse(): Response {
    const { status, title } = PROBLEMS[this.problem];
    const body: z.output<typeof ProblemSchema> = {
      type: problemType(this.problem),
      title,
      status,
      detail: this.message,
      ...this.extension,
    };
    return new Response(`${JSON.stringify(body, null, 2)}\n`, {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...this.headers },
    });
  }
}

/**
 * The problem `invalid-request`.
 *
 * @param count How many faults there are; the answer lists only the first of them.
 */
export function invalidRequest(faults: readonly RequestFault[], count: number = faults.length): Problem {
  const found = count === 1 ? '1 fault was found.' : `${count} faults were found.`;
  const listed = faults.slice(0, LIMITS.faults);
  const detail = listed.length < count ? `${found} The first ${listed.length} are listed.` : found;
  return new Problem('invalid-request', detail, { faults: listed });
}
