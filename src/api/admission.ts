import { z } from 'zod';
import { workloadId } from '../compiler/workload.ts';
import { type Judgement, judgeReview } from './admission-judgement.ts';
import { passesUnjudged } from './admission-passes.ts';
import {
  type AdmissionResponse,
  boundedWarnings,
  LATE_STATUS,
  REVIEW,
  ReviewRequestSchema,
  ReviewResponseSchema,
} from './admission-review.ts';
import { answerWithin, inTime, TimeoutSchema } from './admission-timeout.ts';
import { jsonAnswer, readReview } from './bodies.ts';
import { askedInBody, saysNothing, settingsOf } from './guard.ts';
import { readObject } from './objects.ts';
import { type App, addOperation } from './openapi.ts';
import { readQuery } from './query.ts';
import { DECISION_PROBLEMS, policySetQuery, resolvePermitted } from './services.ts';

const AdmissionQuerySchema = z.strictObject({ ...policySetQuery, timeout: TimeoutSchema });

/** `POST /admission` */
export function admissionRoutes(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/admission',
    operationId: 'reviewAdmission',
    tag: 'Integrations',
    summary: 'Review an object for the API server',
    description:
      'A validating admission webhook (admission.k8s.io/v1): denies workloads with overrides that no policy permits, and warns of what else its author should know. What cannot be decided ends in an error, which the API server treats by `failurePolicy`.',
    query: AdmissionQuerySchema,
    body: { schema: ReviewRequestSchema, description: 'The AdmissionReview of the API server.' },
    answer: {
      description: 'Whether the object is admitted.',
      content: { 'application/json': { schema: ReviewResponseSchema } },
    },
    access: askedInBody('authorize', 'default'),
    problems: DECISION_PROBLEMS,
    handle: async (context) => {
      const query = readQuery(context.req.url, AdmissionQuerySchema);
      const { value, locate } = readObject(await readReview(context.req.raw), ReviewRequestSchema);
      const { request } = value;
      const { uid } = request;
      const record = context.get('record');
      const decide = async (): Promise<AdmissionResponse> => {
        const version = await resolvePermitted(context, 'authorize', {
          policySet: query.policySet,
          version: query.version,
          namespaces: request.namespace == null || request.namespace === '' ? [] : [request.namespace],
        });
        if (passesUnjudged(request, settingsOf(context).admissionOperators)) return { uid, allowed: true };
        const judgement = await record.time('decide', () => judgeReview(request, version, locate));
        record.decided(judgement.workloads.map(workloadId), judgement.decisions);
        return responseOf(uid, judgement);
      };
      const left = answerWithin(query.timeout) - record.elapsed();
      const response = await inTime(left, decide(), () => {
        saysNothing(context);
        return { uid, allowed: false, status: LATE_STATUS };
      });
      const answer: z.output<typeof ReviewResponseSchema> = { ...REVIEW, response };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
}

function responseOf(uid: string, { answer }: Judgement): AdmissionResponse {
  const { warnings, ...rest } = answer;
  return { uid, ...rest, ...(warnings.length === 0 ? {} : { warnings: boundedWarnings(warnings) }) };
}
