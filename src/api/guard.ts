import type { Context } from 'hono';
import { authenticate } from '../access/authenticate.ts';
import { AuthenticationError, type Identity } from '../access/identity.ts';
import { decidePermission, managementPolicies } from '../access/permissions.ts';
import { readSettings, type Settings, SettingsError } from '../access/settings.ts';
import { type AccessQuestion, callerId, resourceName } from '../cedar/access.ts';
import { CedarFailure } from '../cedar/engine.ts';
import { PolicySetError } from '../policy-sets/repository.ts';
import type { Environment } from './environment.ts';
import { policySetProblem } from './policy-set-problem.ts';
import { Problem, type ProblemCode } from './problems.ts';

/**
 * Who may use an operation. `public`: anybody. `caller`: anybody who is known. A function: whoever is
 * permitted what it returns. `body`: its handler asks by {@link permit}, once it has read what about.
 */
export type Access = 'public' | 'caller' | 'body' | ((context: Context<Environment>) => AccessQuestion);

/** The problems of every operation that is not public. */
export const GUARD_PROBLEMS: readonly ProblemCode[] = [
  'unauthenticated',
  'forbidden',
  'rate-limited',
  'credentials-unavailable',
  'policy-set-unavailable',
  'policy-set-corrupt',
  'not-configured',
];

/** The settings of the Worker. @throws Problem `not-configured` */
export function settingsOf({ env }: Pick<Context<Environment>, 'env'>): Settings {
  try {
    return readSettings(env);
  } catch (error) {
    throw notConfigured(error);
  }
}

function notConfigured(error: unknown): unknown {
  return error instanceof SettingsError ? new Problem('not-configured', error.message) : error;
}

/** Puts authentication, the rate limit and authorization before a handler. */
export function guarded(
  operationId: string,
  access: Access,
  handle: (context: Context<Environment>) => Response | Promise<Response>,
): (context: Context<Environment>) => Promise<Response> {
  return async (context) => {
    const record = context.get('record');
    record.operation = operationId;
    if (access === 'public') return handle(context);
    const settings = settingsOf(context);
    const identity = await record.time('authenticate', () => identify(context, settings));
    record.caller = identity.caller;
    context.set('identity', identity);
    await limitRate(context, settings, callerId(identity.caller));
    if (typeof access === 'function') await permit(context, [access(context)]);
    const response = await handle(context);
    // So that a handler that forgets to ask answers nobody.
    if (access === 'body' && response.ok && context.get('permitted') !== true)
      throw new Error(`${operationId} answered without asking for permission.`);
    return response;
  };
}

async function identify(context: Context<Environment>, settings: Settings): Promise<Identity> {
  try {
    return await authenticate(context.req.raw, context.env.POLICY_SETS, settings);
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw notConfigured(error);
    if (error.kind === 'unavailable') throw new Problem('credentials-unavailable', error.message);
    // Guessing is limited by where it comes from.
    await limitRate(context, settings, `address:${context.req.header('cf-connecting-ip') ?? ''}`);
    const challenge = error.kind === 'missing' ? '' : ', error="invalid_token"';
    throw new Problem(
      'unauthenticated',
      error.message,
      {},
      { 'www-authenticate': `Bearer realm="tracewright"${challenge}` },
    );
  }
}

/** Counts a request against a quota (draft-ietf-httpapi-ratelimit-headers). */
async function limitRate(context: Context<Environment>, { rateLimit }: Settings, key: string): Promise<void> {
  const { RATE_LIMITER } = context.env;
  if (RATE_LIMITER === undefined) return;
  const { quota, seconds } = rateLimit;
  const record = context.get('record');
  record.headers.set('ratelimit-policy', `"caller";q=${quota};w=${seconds}`);
  let success: boolean;
  try {
    ({ success } = await RATE_LIMITER.limit({ key }));
  } catch {
    // What may be done does not rest on it: better a deploy too many than none.
    console.error(JSON.stringify({ event: 'rate-limiter-failed', requestId: record.requestId }));
    return;
  }
  if (success) return;
  throw new Problem(
    'rate-limited',
    `At most ${quota} requests in ${seconds} seconds. Try again later.`,
    {},
    { ratelimit: `"caller";r=0;t=${seconds}`, 'retry-after': String(seconds) },
  );
}

/** Asks whether the caller may do all of this. @throws Problem `forbidden`, or that it cannot be decided */
export async function permit(
  context: Context<Environment>,
  questions: readonly AccessQuestion[],
): Promise<void> {
  const record = context.get('record');
  const identity = context.get('identity');
  const [first] = questions;
  if (identity === undefined || first === undefined) throw new Error('Nobody asks, or nothing is asked for.');
  record.action = first.action;
  if ('policySet' in first && first.policySet !== undefined) record.policySet ??= { name: first.policySet };
  await record.time('permit', async () => {
    const policies = await managementPolicies(context.env.POLICY_SETS, settingsOf(context)).catch(
      (error: unknown) => {
        if (error instanceof PolicySetError && error.kind === 'archived')
          throw new Problem(
            'policy-set-unavailable',
            'The policy set management is archived, so nobody may do anything: set MANAGEMENT_POLICIES to built-in and restore it.',
          );
        throw policySetProblem(error);
      },
    );
    for (const question of questions) {
      const { allowed, reason, policies: deciding } = await decide(policies, identity, question);
      if (allowed) continue;
      const resource = resourceName(question);
      const caller = callerId(identity.caller);
      throw new Problem(
        'forbidden',
        `${caller} may not ${question.action} ${resource}${EXPLANATIONS[reason ?? 'NoPermitPolicy']}`,
        {
          permission: {
            caller,
            action: question.action,
            resource,
            reason: reason ?? 'NoPermitPolicy',
            policies: deciding.map((policy) => ({ ...policy, annotations: { ...policy.annotations } })),
          },
        },
      );
    }
  });
  context.set('permitted', true);
}

/** For an answer that holds nothing of what is stored, such as that there is none in time: anybody may have it. */
export function saysNothing(context: Context<Environment>): void {
  context.set('permitted', true);
}

const EXPLANATIONS = {
  NoPermitPolicy: ': no management policy permits it.',
  ExplicitForbid: ': a management policy forbids it.',
  PolicyError: ': a management policy fails to evaluate.',
  OutsideKeyScope: ': the key was not made for it.',
} as const;

async function decide(...args: Parameters<typeof decidePermission>): ReturnType<typeof decidePermission> {
  try {
    return await decidePermission(...args);
  } catch (error) {
    if (!(error instanceof CedarFailure)) throw policySetProblem(error);
    throw new Problem('policy-set-corrupt', 'The management policies cannot be evaluated.');
  }
}
