import { Failure } from '../failures/failure.ts';

/** A policy set or a version of it does not exist, is archived, cannot be read or is damaged. */
export class PolicySetError extends Failure {
  override readonly name = 'PolicySetError';
  readonly code:
    | 'policy-set-not-found'
    | 'policy-set-version-not-found'
    | 'policy-set-archived'
    | 'policy-set-unavailable'
    | 'policy-set-corrupt';
  constructor(code: PolicySetError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
