import type { Context } from 'hono';
import type { Settings } from '../access/settings.ts';
import type { Environment } from './environment.ts';
import { Problem } from './problems.ts';

/**
 * Counts a request against the quota of a key, and adds the headers of draft-ietf-httpapi-ratelimit-headers.
 *
 * @param tellWhen Whether a refusal has the header `retry-after`.
 * @throws Problem `rate-limited` above the quota.
 */
export async function limitRate(
  context: Context<Environment>,
  settings: Settings,
  key: string,
  tellWhen = true,
): Promise<void> {
  const { quota, seconds } = settings.rateLimit;
  if (context.env.RATE_LIMITER !== undefined)
    context.get('record').headers.set('ratelimit-policy', `"caller";q=${quota};w=${seconds}`);
  if (await isWithinQuota(context, key)) return;
  throw new Problem(
    'rate-limited',
    `At most ${quota} requests in ${seconds} seconds. Try again later.`,
    {},
    {
      ratelimit: `"caller";r=0;t=${seconds}`,
      ...(tellWhen ? { 'retry-after': String(seconds) } : {}),
    },
  );
}

/** Counts a request of a key, and says whether it is within the quota. */
export async function isWithinQuota(context: Context<Environment>, key: string): Promise<boolean> {
  const { RATE_LIMITER } = context.env;
  if (RATE_LIMITER === undefined) return true;
  try {
    return (await RATE_LIMITER.limit({ key })).success;
  } catch {
    // The limit protects no permission, so a failing limiter lets requests pass rather than stop every deployment.
    const { requestId } = context.get('record');
    console.error(JSON.stringify({ event: 'rate-limiter-failed', requestId }));
    return true;
  }
}
