import { Failure, type FailureCode } from '../failures/failure.ts';
import type { ProblemCode } from './problem-codes.ts';
import { Problem } from './problems.ts';

/**
 * The problem that an error is to the caller of the API. Every error that a handler throws is answered so, and a
 * handler catches a failure itself only where it can say more about it.
 *
 * An error that is no failure, or whose code stands for `internal-error`, is a fault of ours: its message may quote a
 * body or a token, so the answer does not repeat it.
 *
 * @example
 * problemOf(new Error('a secret')).problem; // => 'internal-error'
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Failure && PROBLEM_OF[error.code] !== 'internal-error')
    return new Problem(PROBLEM_OF[error.code], error.message);
  return new Problem('internal-error', 'The request could not be answered. It was logged.');
}

const PROBLEM_OF: Record<FailureCode, ProblemCode> = {
  'policy-set-not-found': 'policy-set-not-found',
  'policy-set-version-not-found': 'policy-set-version-not-found',
  'policy-set-archived': 'policy-set-archived',
  'policy-set-unavailable': 'policy-set-unavailable',
  'policy-set-corrupt': 'policy-set-corrupt',
  'settings-invalid': 'not-configured',
  'credentials-missing': 'unauthenticated',
  'credentials-invalid': 'unauthenticated',
  'credentials-unavailable': 'credentials-unavailable',
  // Whoever has somebody's policies decided about catches these two, and says whose policies they are.
  'cedar-failed': 'internal-error',
  'work-exceeded': 'internal-error',
  // These never leave the room that throws them.
  'text-unreadable': 'internal-error',
  'attribute-invalid': 'internal-error',
  'entity-invalid': 'internal-error',
  // A problem is answered as it is.
  'request-refused': 'internal-error',
  // The Worker never runs the code of the command line.
  'api-call-failed': 'internal-error',
  'command-ended': 'internal-error',
};
