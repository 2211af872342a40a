import { Failure } from '../failures/failure.ts';

/** Why a version cannot be had. */
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
