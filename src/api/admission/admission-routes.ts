import type { Context } from 'hono';
import { z } from 'zod';
import { callerId } from '../../cedar/caller.ts';
import type { SourceDocument } from '../../compiler/read/documents/source-document.ts';
import { admitCluster } from '../../http/admit-cluster.ts';
import { jsonAnswer, readReview } from '../../http/bodies.ts';
import type { Environment } from '../../http/environment.ts';
import { readObject } from '../../http/object-body.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { saysNothing } from '../../http/permit.ts';
import { readQuery } from '../../http/query.ts';
import { isWithinQuota } from '../../http/rate-limit.ts';
import { settingsOf } from '../../http/settings-of.ts';
import { permitNamespaces, resolveRequestedVersion } from '../../judgement/resolve-version.ts';
import { DECISION_PROBLEMS, policySetQuery } from '../../judgement/workload-query.ts';
import type { Recent } from '../../memory/recent.ts';
import { digestOf } from '../../policy-sets/canonical.ts';
import { judgeReview, type ReviewJudgement } from './judge-review.ts';
import { passesUnjudged } from './passes.ts';
import {
  type AdmissionRequest,
  type AdmissionResponse,
  boundedWarnings,
  expiryWarning,
  LATE_STATUS,
  REVIEW,
  ReviewRequestSchema,
  ReviewResponseSchema,
  tooManyStatus,
} from './review.ts';
import { essenceOf } from './reviewed-object.ts';
import { answerWithin, inTime, TimeoutSchema } from './timeout.ts';

const AdmissionQuerySchema = z.strictObject({ ...policySetQuery, timeout: TimeoutSchema });
type AdmissionQuery = z.output<typeof AdmissionQuerySchema>;

/** The last judgements by what they were made of. */
export type RememberedReviews = Recent<string, ReviewJudgement & { readonly weight: number }>;

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
      // Before the body is read; that of an API server is there at once, and says what the answer is matched by.
      const isCluster = await inTime(left(), admitCluster(context, query), () => undefined);
      const { value, locate } = readObject(await readReview(context.req.raw), ReviewRequestSchema);
      const { request } = value;
      const late = (): ReviewJudgement['answer'] => {
        saysNothing(context);
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

/** A review as it was asked for. */
interface Asked {
  readonly query: AdmissionQuery;
  readonly request: AdmissionRequest;
  readonly locate: SourceDocument['locate'];
  /** Whether an API server asks, which is not counted as one caller. */
  readonly isCluster: boolean;
}

async function answer(
  context: Context<Environment>,
  { query, request, locate, isCluster }: Asked,
  judgements: RememberedReviews,
): Promise<ReviewJudgement['answer']> {
  const record = context.get('record');
  const settings = settingsOf(context);
  if (!isCluster) {
    const namespaces = request.namespace == null || request.namespace === '' ? [] : [request.namespace];
    await permitNamespaces(context, 'authorize', { ...query, namespaces });
  }
  if (passesUnjudged(request, settings.admissionOperators)) return { allowed: true, warnings: [] };
  const version = await resolveRequestedVersion(context, query);
  const key = await digestOf(JSON.stringify([version.digest, essenceOf(request)]));
  const held = judgements.get(key);
  const username = request.userInfo?.username ?? '';
  // Who asks the same again, as controllers do, costs nothing and is not counted.
  if (held === undefined && isCluster && !(await isWithinQuota(context, await quotaKey(context, username))))
    return { allowed: false, status: tooManyStatus(username, settings.rateLimit), warnings: [] };
  const judgement = held ?? (await record.time('decide', () => judgeReview(request, version, locate)));
  if (held === undefined)
    judgements.set(key, { ...judgement, weight: 500 + JSON.stringify(judgement).length });
  record.decided(judgement.services, judgement.decisions);
  return judgement.answer;
}

async function quotaKey(context: Context<Environment>, username: string): Promise<string> {
  const caller = context.get('identity')?.caller;
  return `${caller === undefined ? '' : callerId(caller)}/${await digestOf(username)}`;
}

function expiryWarnings(context: Context<Environment>): string[] {
  const expiresAt = context.get('identity')?.expiresAt;
  const isSoon = context.get('record').keyExpiresInDays !== null;
  return isSoon && expiresAt !== undefined ? [expiryWarning(expiresAt)] : [];
}
