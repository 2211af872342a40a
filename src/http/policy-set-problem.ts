import { PolicySetError } from '../policy-sets/repository.ts';
import type { ProblemCode } from './problem-codes.ts';
import { Problem } from './problems.ts';

/** The problem that an error of reading a policy set is to a caller; any other error stays as it is. */
export function policySetProblem(error: unknown): unknown {
  return error instanceof PolicySetError ? new Problem(PROBLEM_OF[error.kind], error.message) : error;
}

const PROBLEM_OF: Record<PolicySetError['kind'], ProblemCode> = {
  'set-not-found': 'policy-set-not-found',
  'version-not-found': 'policy-set-version-not-found',
  archived: 'policy-set-archived',
  unavailable: 'policy-set-unavailable',
  corrupt: 'policy-set-corrupt',
};
