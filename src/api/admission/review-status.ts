import type { Settings } from '../../access/settings.ts';
import type { DecisionAnswer } from '../../http/decision-schema.ts';
import type { RequestFault } from '../../http/problem-schema.ts';
import { denialMessage } from '../../outputs/findings.ts';
import type { AdmissionResponse } from './review.ts';

type Status = NonNullable<AdmissionResponse['status']>;

/** The status of an object with denied overrides. */
export function deniedStatus(denials: readonly DecisionAnswer[]): Status {
  return {
    code: 403,
    reason: 'Forbidden',
    message: denials.map(denialMessage).join(' '),
    details: {
      causes: denials.map((denial) => ({
        reason: denial.reason ?? 'NoPermitPolicy',
        message: denialMessage(denial),
        ...(denial.pointer === undefined ? {} : { field: withinObject(denial.pointer) }),
      })),
    },
  };
}

/** The status of an object with faults. */
export function invalidStatus(faults: readonly RequestFault[]): Status {
  const told = faults.map(({ message, pointer }) => ({ message, field: withinObject(pointer ?? '') }));
  return {
    code: 422,
    reason: 'Invalid',
    message: told.map(({ message, field }) => `${field}: ${message}`).join(' '),
    details: { causes: told.map((each) => ({ reason: 'FieldValueInvalid', ...each })) },
  };
}

/** The status when time is up. The API server drops a late answer without a reason, so a denial is sent before that. */
export const LATE_STATUS: Status = {
  code: 504,
  reason: 'Timeout',
  message:
    'Tracewright could not decide in the time that the API server gives it, so it does not admit this. Try again.',
};

/** The status for a user of the cluster who asks too often. Other users are not affected. */
export function tooManyStatus(username: string, { quota, seconds }: Settings['rateLimit']): Status {
  return {
    code: 429,
    reason: 'TooManyRequests',
    message: `Tracewright reviews at most ${quota} objects in ${seconds} seconds for one user of the cluster, and ${username.slice(0, 200)} has asked for more. Try again later.`,
  };
}

/** The pointer of a value within its object, whether that is `object` or `oldObject` of the review. */
export function withinObject(pointer: string): string {
  return pointer.replace(/^\/request\/(object|oldObject)/, '');
}
