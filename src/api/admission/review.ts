import { z } from 'zod';
import { CLUSTER } from '../../compiler/read/kinds/kind-row.ts';

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
      .meta({
        description: 'The object as it is to be.',
        examples: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      }),
    oldObject: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({
        description: 'The object as it is now.',
        examples: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      }),
  })
  .meta({
    id: 'AdmissionRequest',
    description: 'What the API server asks (admission.k8s.io/v1). Other fields pass.',
    examples: [{ uid: EXAMPLE_UID, operation: 'CREATE', namespace: 'shop', name: 'web' }],
  });

/** The request of a review. */
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

/** The answer of a review. */
export type AdmissionResponse = z.output<typeof AdmissionResponseSchema>;

/** The namespace of an object under review, or what stands for it where the object is in none. */
export function namespaceOf({ namespace }: Pick<AdmissionRequest, 'namespace'>): string {
  return namespace == null || namespace === '' ? CLUSTER : namespace;
}

const review = {
  apiVersion: z
    .literal('admission.k8s.io/v1')
    .meta({ description: 'The version of the protocol.', examples: ['admission.k8s.io/v1'] }),
  kind: z.literal('AdmissionReview').meta({ description: 'The kind.', examples: ['AdmissionReview'] }),
};

/** The fields that every review has. */
export const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' } as const;

/** The schema of a review as the API server sends it. */
export const ReviewRequestSchema = z.looseObject({ ...review, request: AdmissionRequestSchema }).meta({
  id: 'AdmissionReviewRequest',
  description: 'An AdmissionReview as the API server sends it.',
  examples: [{ ...REVIEW, request: { uid: EXAMPLE_UID, operation: 'CREATE' } }],
});

/** The schema of a review as it is answered. */
export const ReviewResponseSchema = z.strictObject({ ...review, response: AdmissionResponseSchema }).meta({
  id: 'AdmissionReviewResponse',
  description: 'An AdmissionReview as it is answered.',
  examples: [{ ...REVIEW, response: { uid: EXAMPLE_UID, allowed: true } }],
});
