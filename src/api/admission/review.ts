import { z } from 'zod';
import type { Settings } from '../../access/settings.ts';
import type { DecisionAnswer } from '../../http/decision-answer.ts';
import type { RequestFault } from '../../http/problem-schema.ts';
import { denialMessage } from '../../outputs/findings.ts';

const EXAMPLE_UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

const AdmissionRequestSchema = z
  .looseObject({
    uid: z
      .string()
      .min(1)
      .max(253)
      .meta({ description: 'What the answer is matched by.', examples: [EXAMPLE_UID] }),
    operation: z
      .enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT'])
      .meta({ description: 'What is done to the object.', examples: ['CREATE'] }),
    namespace: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'The namespace of the object.', examples: ['shop'] }),
    name: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Its name.', examples: ['web'] }),
    userInfo: z
      .looseObject({ username: z.string().nullable().optional() })
      .nullable()
      .optional()
      .meta({ description: 'Who does it.', examples: [{ username: 'ada' }] }),
    object: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({ description: 'What it shall be.', examples: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }),
    oldObject: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({ description: 'What it is.', examples: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }),
  })
  .meta({
    id: 'AdmissionRequest',
    description: 'What the API server asks (admission.k8s.io/v1). Other fields pass.',
    examples: [{ uid: EXAMPLE_UID, operation: 'CREATE', namespace: 'shop', name: 'web' }],
  });

/** A review's request. */
export type AdmissionRequest = z.output<typeof AdmissionRequestSchema>;

const AdmissionResponseSchema = z
  .strictObject({
    uid: z.string().meta({ description: 'That of the request.', examples: [EXAMPLE_UID] }),
    allowed: z.boolean().meta({ description: 'Whether it may be done.', examples: [false] }),
    status: z
      .strictObject({
        code: z.int().meta({
          description: '403: denied. 422: not valid. 429: too many of this user. 504: not decided in time.',
          examples: [403],
        }),
        reason: z
          .enum(['Forbidden', 'Invalid', 'TooManyRequests', 'Timeout'])
          .meta({ description: 'The same in a word.', examples: ['Forbidden'] }),
        message: z.string().meta({
          description: 'What the user is told.',
          examples: ['hostPID is denied for monitoring/node-exporter: no policy permits it.'],
        }),
        details: z
          .strictObject({
            causes: z.array(
              z.strictObject({ reason: z.string(), message: z.string(), field: z.string().optional() }),
            ),
          })
          .optional()
          .meta({ description: 'Every denial or fault, with its field.', examples: [{ causes: [] }] }),
      })
      .optional()
      .meta({ description: 'Why not.' }),
    warnings: z
      .array(z.string())
      .optional()
      .meta({ description: 'What the user should know.', examples: [['Any binary may run.']] }),
  })
  .meta({
    id: 'AdmissionResponse',
    description: 'The answer to the API server.',
    examples: [{ uid: EXAMPLE_UID, allowed: true }],
  });

/** A review's answer. */
export type AdmissionResponse = z.output<typeof AdmissionResponseSchema>;

const review = {
  apiVersion: z
    .literal('admission.k8s.io/v1')
    .meta({ description: 'The version of the protocol.', examples: ['admission.k8s.io/v1'] }),
  kind: z.literal('AdmissionReview').meta({ description: 'The kind.', examples: ['AdmissionReview'] }),
};

/** What every review begins with. */
export const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' } as const;

/** A review as it comes. */
export const ReviewRequestSchema = z.looseObject({ ...review, request: AdmissionRequestSchema }).meta({
  id: 'AdmissionReviewRequest',
  description: 'An AdmissionReview as the API server sends it.',
  examples: [{ ...REVIEW, request: { uid: EXAMPLE_UID, operation: 'CREATE' } }],
});

/** A review as it goes. */
export const ReviewResponseSchema = z.strictObject({ ...review, response: AdmissionResponseSchema }).meta({
  id: 'AdmissionReviewResponse',
  description: 'An AdmissionReview as it is answered.',
  examples: [{ ...REVIEW, response: { uid: EXAMPLE_UID, allowed: true } }],
});

type Status = NonNullable<AdmissionResponse['status']>;

/** The status of an object that asks for what is denied. */
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

/** The status of an object that is not valid. */
export function invalidStatus(faults: readonly RequestFault[]): Status {
  const told = faults.map(({ message, pointer }) => ({ message, field: withinObject(pointer ?? '') }));
  return {
    code: 422,
    reason: 'Invalid',
    message: told.map(({ message, field }) => `${field}: ${message}`).join(' '),
    details: { causes: told.map((each) => ({ reason: 'FieldValueInvalid', ...each })) },
  };
}

/** The API server cuts a webhook off that is late, and tells nobody why: a denial does. */
export const LATE_STATUS: Status = {
  code: 504,
  reason: 'Timeout',
  message:
    'Tracewright could not decide in the time that the API server gives it, so it does not admit this. Try again.',
};

/** What a user is told who asks too much; other users of the cluster are not held up. */
export function tooManyStatus(username: string, { quota, seconds }: Settings['rateLimit']): Status {
  return {
    code: 429,
    reason: 'TooManyRequests',
    message: `Tracewright reviews at most ${quota} objects in ${seconds} seconds for one user of the cluster, and ${username.slice(0, 200)} has asked for more. Try again later.`,
  };
}

/** What everybody in the cluster must be told before the key of the API server is no longer good. */
export function expiryWarning(expiresAt: string): string {
  return `The key by which this cluster asks Tracewright expires at ${expiresAt}. Replace it before, or no workload can be made or changed.`;
}

/** The place of something in the object, whichever of the two objects of a review it stands in. */
export function withinObject(pointer: string): string {
  return pointer.replace(/^\/request\/(object|oldObject)/, '');
}

/** The API server passes on 4,096 characters of warnings in all, and then 256 of each. */
const WARNING = 250;
const WARNINGS = 4_000;

/** Warnings as the API server takes them: the first of them, each once, and how many more there were. */
export function boundedWarnings(texts: readonly string[]): string[] {
  const plain = [...new Set(texts.map(shorten))];
  const shown: string[] = [];
  let length = 0;
  for (const [index, text] of plain.entries()) {
    const rest = plain.length - index;
    const more = `There are ${rest} more warnings; POST /compile tells all of them.`;
    length += text.length;
    if (length > WARNINGS - (rest > 1 ? more.length : 0)) return [...shown, more];
    shown.push(text);
  }
  return shown;
}

function shorten(text: string): string {
  const plain = text.replaceAll(/\p{C}+/gu, ' ');
  return plain.length <= WARNING ? plain : `${plain.slice(0, WARNING - 3)}...`;
}
