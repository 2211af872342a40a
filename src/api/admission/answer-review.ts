import type { Context } from 'hono';
import { z } from 'zod';
import { callerId } from '../../cedar/caller.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import type { SourceDocument } from '../../compiler/read/documents/source-document.ts';
import type { Environment } from '../../http/environment.ts';
import { isWithinQuota } from '../../http/rate-limit.ts';
import { settingsOf } from '../../http/settings-of.ts';
import { permitNamespaces, resolveRequestedVersion } from '../../judgement/resolve-version.ts';
import {
  addStoredImages,
  readStored,
  type StoredImages,
  withStoredImages,
} from '../../judgement/stored-images.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import { policySetQuery } from '../../judgement/workload-query.ts';
import type { Recent } from '../../memory/recent.ts';
import { digestOf } from '../../policy-sets/canonical.ts';
import { judgeReview, type ReviewJudgement } from './judge-review.ts';
import { passesUnjudged } from './passes.ts';
import { type AdmissionRequest, namespaceOf } from './review.ts';
import { tooManyStatus } from './review-status.ts';
import { essenceOf } from './reviewed-object.ts';
import { TimeoutSchema } from './timeout.ts';

/** The schema of the query parameters of `POST /admission`. */
export const AdmissionQuerySchema = z.strictObject({ ...policySetQuery, timeout: TimeoutSchema });

type AdmissionQuery = z.output<typeof AdmissionQuerySchema>;

/** The last judgements of reviews, by the digest of the version and of the parts of the review that count. */
export type RememberedReviews = Recent<string, ReviewJudgement & { readonly weight: number }>;

/** A review with its query and its caller. */
interface Asked {
  readonly query: AdmissionQuery;
  readonly request: AdmissionRequest;
  readonly locate: SourceDocument['locate'];
  /** Whether the caller is an API server, which is not limited as one caller. */
  readonly isCluster: boolean;
}

/**
 * Answers a review: passes it, refuses a user who asks too often, or judges the object.
 *
 * @throws Problem when it cannot be decided.
 */
export async function answer(
  context: Context<Environment>,
  { query, request, locate, isCluster }: Asked,
  judgements: RememberedReviews,
): Promise<ReviewJudgement['answer']> {
  const record = context.get('record');
  const settings = settingsOf(context);
  if (!isCluster) {
    await permitNamespaces(context, 'authorize', { ...query, namespaces: [namespaceOf(request)] });
  }
  if (passesUnjudged(request, settings.admissionOperators)) return { allowed: true, warnings: [] };
  const version = await resolveRequestedVersion(context, query);
  const essence = JSON.stringify(essenceOf(request));
  const stored = await storedFor(context, essence);
  const key = await digestOf(JSON.stringify([version.digest, essence, [...(stored ?? [])]]));
  // What the answer rests on must be part of the key.
  const held = stored === undefined ? undefined : judgements.get(key);
  const username = request.userInfo?.username ?? '';
  // Controllers send the same review again and again; a remembered judgement costs nothing and is not counted.
  if (held === undefined && isCluster && !(await isWithinQuota(context, await quotaKey(context, username))))
    return { allowed: false, status: tooManyStatus(username, settings.rateLimit), warnings: [] };
  const lookUp = async (body: WorkloadBody): Promise<WorkloadBody> =>
    stored === undefined ? withStoredImages(context, body) : addStoredImages(body, stored);
  const judgement =
    held ?? (await record.time('decide', () => judgeReview(request, version, locate, lookUp)));
  if (held === undefined && stored !== undefined)
    judgements.set(key, { ...judgement, weight: 500 + JSON.stringify(judgement).length });
  record.decided(judgement.services, judgement.decisions);
  return judgement.answer;
}

/**
 * What is stored of all images that a review names anywhere, in its workloads or not; undefined when these are too many
 * to look up. To find them in the text costs less than to read the workloads, which a remembered review spares.
 */
async function storedFor(context: Context<Environment>, text: string): Promise<StoredImages | undefined> {
  const digests = new Set(text.match(/sha256:[0-9a-f]{64}(?![0-9a-f])/g));
  if (digests.size === 0) return new Map();
  return digests.size > LIMITS.storedImages ? undefined : readStored(context, [...digests]);
}

async function quotaKey(context: Context<Environment>, username: string): Promise<string> {
  const caller = context.get('identity')?.caller;
  return `${caller === undefined ? '' : callerId(caller)}/${await digestOf(username)}`;
}
