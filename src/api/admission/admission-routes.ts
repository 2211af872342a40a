import type { Context } from 'hono';
import type { z } from 'zod';
import { admitCluster } from '../../http/admit-cluster.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { answerWithoutPermission } from '../../http/permit.ts';
import { readQuery } from '../../http/query.ts';
import { readReview } from '../../http/read-body.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { AdmissionQuerySchema, answer, type RememberedReviews } from './answer-review.ts';
import type { ReviewJudgement } from './judge-review.ts';
import { type AdmissionResponse, REVIEW, ReviewRequestSchema, ReviewResponseSchema } from './review.ts';
import { LATE_STATUS } from './review-status.ts';
import { boundedWarnings, expiryWarning } from './review-warnings.ts';
import { answerWithin, inTime } from './timeout.ts';

/** `POST /admission` */
export function admissionRoutes(app: App, judgements: RememberedReviews): void {
  addOperation(app, {
    method: 'post',
    path: '/admission',
    operationId: 'reviewAdmission',
    tag: 'Integrations',
    summary: 'Review an object for the API server',
    description:
      'A validating admission webhook (admission.k8s.io/v1): denies workloads with overrides that no policy permits, and warns of what else its author should know. Callers with the scope `admission` are not counted by the caller, but by the user of the cluster: who asks too much is denied with the code 429. What cannot be decided ends in an error, which the API server treats by `failurePolicy`.',
    query: AdmissionQuerySchema,
    body: { schema: ReviewRequestSchema, description: 'The AdmissionReview of the API server.' },
    answer: {
      description: 'Whether the object is admitted.',
      content: { 'application/json': { schema: ReviewResponseSchema } },
    },
    access: 'cluster',
    problems: DECISION_PROBLEMS,
    handle: async (context) => {
      const query = readQuery(context.req.url, AdmissionQuerySchema);
      const record = context.get('record');
      const left = (): number => answerWithin(query.timeout) - record.elapsed();
      // The permission comes before the body is read. The body is needed even when time is up: the answer repeats its uid.
      const isCluster = await inTime(left(), admitCluster(context, query), () => undefined);
      const { value, locate } = readObject(await readReview(context.req.raw), ReviewRequestSchema);
      const { request } = value;
      const late = (): ReviewJudgement['answer'] => {
        answerWithoutPermission(context);
        return { allowed: false, status: LATE_STATUS, warnings: [] };
      };
      const { warnings, ...rest } =
        isCluster === undefined
          ? late()
          : await inTime(left(), answer(context, { query, request, locate, isCluster }, judgements), late);
      const told = [...expiryWarnings(context), ...warnings];
      const response: AdmissionResponse = {
        uid: request.uid,
        ...rest,
        ...(told.length === 0 ? {} : { warnings: boundedWarnings(told) }),
      };
      const body: z.output<typeof ReviewResponseSchema> = { ...REVIEW, response };
      return jsonAnswer(body, { 'cache-control': 'no-store' });
    },
  });
}

function expiryWarnings(context: Context<Environment>): string[] {
  const expiresAt = context.get('identity')?.expiresAt;
  const isSoon = context.get('record').keyExpiresInDays !== null;
  return isSoon && expiresAt !== undefined ? [expiryWarning(expiresAt)] : [];
}
