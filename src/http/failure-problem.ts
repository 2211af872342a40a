import { Failure, type FailureCode } from '../failures/failure.ts';
import type { ProblemCode } from './problem-codes.ts';
import { Problem } from './problems.ts';

/**
 * Turns an error into the problem that the caller gets. Every error that a handler throws comes here; a handler catches
 * a failure itself only where it can say more about it.
 *
 * An error that is no `Failure`, or whose code maps to `internal-error`, is a defect of this program. The answer does
 * not repeat its message, which may quote a body or a token.
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
  'images-unavailable': 'images-unavailable',
  'settings-invalid': 'not-configured',
  'credentials-missing': 'unauthenticated',
  'credentials-invalid': 'unauthenticated',
  'credentials-unavailable': 'credentials-unavailable',
  'events-unreadable': 'malformed-body',
  'events-exceeded': 'body-too-large',
  // The code that has policies evaluated catches these two, and names the policy set.
  'cedar-failed': 'internal-error',
  'work-exceeded': 'internal-error',
  // These never leave the room that throws them.
  'text-unreadable': 'internal-error',
  'attribute-invalid': 'internal-error',
  'entity-invalid': 'internal-error',
  // A problem needs no mapping.
  'request-refused': 'internal-error',
  // The Worker never runs the code of the command line.
  'api-call-failed': 'internal-error',
  'command-ended': 'internal-error',
};
