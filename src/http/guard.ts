import type { Context } from 'hono';
import { authenticate } from '../access/authenticate.ts';
import { AuthenticationError, type Identity, type KeyBounds } from '../access/identity.ts';
import {
  decidePermission,
  managementPolicies,
  mayBeWithin,
  type OpenQuestion,
  type Permission,
} from '../access/permissions.ts';
import { type Settings, SettingsError } from '../access/settings.ts';
import { type AccessQuestion, callerId, openResourceName, resourceName } from '../cedar/decide-access.ts';
import { CedarFailure } from '../cedar/engine.ts';
import type { PolicyBasis } from '../cedar/slicing/basis.ts';
import { suggestAccessPermit } from '../cedar/suggest-access-permit.ts';
import { TooMuchWork, Work } from '../cedar/work.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { PolicySetError, type VersionStore } from '../policy-sets/repository.ts';
import type { Environment } from './environment.ts';
import { policySetProblem } from './policy-set-problem.ts';
import type { ProblemCode } from './problem-codes.ts';
import { invalidRequest, Problem } from './problems.ts';

/**
 * Who may use an operation.
 *
 * - `public`: anybody.
 * - `caller`: anybody who is known.
 * - A function: whoever is permitted the question that it returns.
 * - `body`: the handler asks by {@link permit} once it has read the body. A caller who could not be permitted any
 *   such question is refused before that.
 * - `cluster`: the handler calls {@link admitCluster} before it reads the body.
 */
export type Access =
  | 'public'
  | 'caller'
  | 'cluster'
  | { readonly body: (context: Context<Environment>) => OpenQuestion }
  | ((context: Context<Environment>) => AccessQuestion);

/** Of an operation whose body says what it is about: what its query says of that. */
export const askedInBody = (
  action: OpenQuestion['action'],
  policySet: 'default' | 'any' = 'any',
): Access => ({
  body: (context) => {
    const [named, ...more] = context.req.queries('policySet') ?? [];
    const known = named === undefined ? policySet === 'default' : more.length === 0;
    return { action, policySet: known ? (named ?? 'default') : undefined };
  },
});

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
export function settingsOf(context: Context<Environment>): Settings {
  try {
    return context.get('isolate').access.settings(context.env);
  } catch (error) {
    throw notConfigured(error);
  }
}

/** Where policy-set versions are, and what is remembered of them. */
export function storeOf(context: Context<Environment>): VersionStore {
  return { kv: context.env.POLICY_SETS, memory: context.get('isolate').versions };
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
    record.identity = identity;
    context.set('identity', identity);
    if (access !== 'cluster') await limitRate(context, settings, callerId(identity.caller));
    warnOfExpiry(context, identity);
    if (typeof access === 'function') await permit(context, [access(context)]);
    if (typeof access === 'object') await refuseEarly(context, identity, access.body(context));
    const response = await handle(context);
    // So that a handler that forgets to ask answers nobody.
    if (
      (typeof access === 'object' || access === 'cluster') &&
      response.ok &&
      context.get('permitted') !== true
    )
      throw new Error(`${operationId} answered without asking for permission.`);
    return response;
  };
}

async function identify(context: Context<Environment>, settings: Settings): Promise<Identity> {
  try {
    return await authenticate(
      context.req.raw,
      context.env.POLICY_SETS,
      settings,
      context.get('isolate').access.remoteKeys,
    );
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

/**
 * Says whether an API server asks, which is permitted `admission` by its policy set: it is not counted as one caller,
 * because a whole cluster calls through it. Another caller is counted, and must be asked about the namespace.
 *
 * @throws Problem when another caller is too many, or could not be permitted anything
 */
export async function admitCluster(
  context: Context<Environment>,
  { policySet, version: reference }: { readonly policySet: string; readonly version: string },
): Promise<boolean> {
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('Nobody asks.');
  if (mayBeWithin(identity, { action: 'admission', policySet })) {
    try {
      await permit(context, [{ action: 'admission', policySet, reference }]);
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'forbidden') throw error;
    }
  }
  // A client of Kubernetes waits as long as it is told to, and a webhook that waits stops the cluster.
  await limitRate(context, settingsOf(context), callerId(identity.caller), false);
  await refuseEarly(context, identity, { action: 'authorize', policySet });
  return false;
}

/** Counts a request against a quota (draft-ietf-httpapi-ratelimit-headers). */
async function limitRate(
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

/** Counts a request of this key, and says whether it is one of those that are permitted in a time. */
export async function isWithinQuota(context: Context<Environment>, key: string): Promise<boolean> {
  const { RATE_LIMITER } = context.env;
  if (RATE_LIMITER === undefined) return true;
  try {
    return (await RATE_LIMITER.limit({ key })).success;
  } catch {
    // What may be done does not rest on it: better a deploy too many than none.
    const { requestId } = context.get('record');
    console.error(JSON.stringify({ event: 'rate-limiter-failed', requestId }));
    return true;
  }
}

/** Tells a caller whose key must soon be replaced, in each answer and in the log. */
function warnOfExpiry(context: Context<Environment>, { expiresAt }: Identity): void {
  if (expiresAt === undefined) return;
  const days = (Date.parse(expiresAt) - Date.now()) / DAY;
  if (days > LIMITS.keyWarningDays) return;
  const record = context.get('record');
  record.headers.set('tracewright-key-expires', expiresAt);
  record.keyExpiresInDays = Math.round(days * 10) / 10;
}

const DAY = 86_400_000;

/** Refuses a caller who could be permitted no such question, before the body is read. @throws Problem `forbidden` */
async function refuseEarly(
  context: Context<Environment>,
  identity: Identity,
  question: OpenQuestion,
): Promise<void> {
  const { action } = question;
  const refuse = (reason: Permission['reason']): never => {
    context.get('record').action = action;
    throw forbidden(identity, action, openResourceName(question), reason);
  };
  if (!mayBeWithin(identity, question)) refuse('OutsideKeyScope');
  if (action !== 'compile' && action !== 'authorize') return;
  // To read a small body takes no longer than to ask.
  const length = Number(context.req.header('content-length') ?? Number.NaN);
  if (length <= SMALL_BODY) return;
  const policies = await policiesOf(context);
  const possible = await context
    .get('isolate')
    .access.couldBePermitted(policies, identity.caller, action)
    .catch((error: unknown) => {
      throw policySetProblem(error);
    });
  if (!possible) refuse('NoPermitPolicy');
}

const SMALL_BODY = 16_384;

/** The policies that decide who may do what. @throws Problem when they cannot be had */
async function policiesOf(context: Context<Environment>): Promise<PolicyBasis> {
  try {
    return await managementPolicies(context.get('isolate').access, storeOf(context), settingsOf(context));
  } catch (error) {
    if (error instanceof PolicySetError && error.kind === 'archived')
      throw new Problem(
        'policy-set-unavailable',
        'The policy set management is archived, so nobody may do anything: set MANAGEMENT_POLICIES to built-in and restore it.',
      );
    throw policySetProblem(error);
  }
}

/**
 * Asks whether the caller may do all of this.
 *
 * @param about The key that it is about, for questions about one.
 * @throws Problem `forbidden`, or that it cannot be decided
 */
export async function permit(
  context: Context<Environment>,
  questions: readonly AccessQuestion[],
  about?: KeyBounds,
): Promise<void> {
  const record = context.get('record');
  const identity = context.get('identity');
  const [first] = questions;
  if (identity === undefined || first === undefined) throw new Error('Nobody asks, or nothing is asked for.');
  record.action = first.action;
  if ('policySet' in first && first.policySet !== undefined) record.policySet ??= { name: first.policySet };
  await record.time('permit', async () => {
    const policies = await policiesOf(context);
    const work = new Work();
    for (const question of questions) {
      const {
        allowed,
        reason,
        policies: deciding,
      } = await decide(context.get('isolate').access, policies, identity, question, about, work);
      if (!allowed) {
        const suggested =
          reason === 'NoPermitPolicy' ? suggestAccessPermit(identity.caller, question) : undefined;
        throw forbidden(identity, question.action, resourceName(question), reason, deciding, suggested);
      }
    }
  });
  context.set('permitted', true);
}

/** Lets an answer go out that tells nothing of what is stored, such as that there is none in time. */
export function saysNothing(context: Context<Environment>): void {
  context.set('permitted', true);
}

function forbidden(
  { caller: { issuer, subject } }: Identity,
  action: AccessQuestion['action'],
  resource: string,
  reason: Permission['reason'] = 'NoPermitPolicy',
  policies: Permission['policies'] = [],
  suggestedPermit?: string,
): Problem {
  const caller = callerId({ issuer, subject });
  return new Problem('forbidden', `${caller} may not ${action} ${resource}${EXPLANATIONS[reason]}`, {
    permission: {
      caller,
      action,
      resource,
      reason,
      policies: policies.map((policy) => ({ ...policy, annotations: { ...policy.annotations } })),
      ...(suggestedPermit === undefined ? {} : { suggestedPermit }),
    },
  });
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
    if (error instanceof TooMuchWork)
      throw invalidRequest([{ message: `Who may do this takes too long to decide. ${error.message}` }]);
    if (!(error instanceof CedarFailure)) throw policySetProblem(error);
    throw new Problem('policy-set-corrupt', 'The management policies cannot be evaluated.');
  }
}
