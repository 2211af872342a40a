import type { Context } from 'hono';
import { authenticate } from '../access/authenticate.ts';
import { AuthenticationError, type Identity } from '../access/identity.ts';
import type { OpenQuestion } from '../access/permissions.ts';
import type { Settings } from '../access/settings.ts';
import type { AccessQuestion } from '../cedar/access-question.ts';
import { callerId } from '../cedar/caller.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { Environment } from './environment.ts';
import { permit, refuseEarly } from './permit.ts';
import type { ProblemCode } from './problem-codes.ts';
import { Problem } from './problems.ts';
import { limitRate } from './rate-limit.ts';
import { settingsOf } from './settings-of.ts';

/**
 * Who may use an operation.
 *
 * - `public`: anybody.
 * - `caller`: every authenticated caller.
 * - A function: callers that are permitted the question that it returns.
 * - `body`: the handler calls {@link permit} once it has read the body. A caller that could not be permitted any such
 *   question is refused before the body is read.
 * - `cluster`: the handler calls {@link admitCluster} before it reads the body.
 */
export type Access =
  | 'public'
  | 'caller'
  | 'cluster'
  | { readonly body: (context: Context<Environment>) => OpenQuestion }
  | ((context: Context<Environment>) => AccessQuestion);

/**
 * The access of an operation whose body says what the caller asks for. Before the body is read, only the query is
 * known: it may name the policy set.
 *
 * @param policySet Which set the operation is about when the query names none.
 */
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

/** Wraps a handler: authentication, the rate limit and authorization come first. */
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
    // A handler that forgot to ask for permission must not answer.
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
    const { access } = context.get('isolate');
    return await authenticate(context.req.raw, context.env.POLICY_SETS, settings, access);
  } catch (error) {
    if (!(error instanceof AuthenticationError) || error.code === 'credentials-unavailable') throw error;
    // Failed attempts are limited by address, which slows down guessing.
    await limitRate(context, settings, `address:${context.req.header('cf-connecting-ip') ?? ''}`);
    const challenge = error.code === 'credentials-missing' ? '' : ', error="invalid_token"';
    throw new Problem(
      'unauthenticated',
      error.message,
      {},
      { 'www-authenticate': `Bearer realm="tracewright"${challenge}` },
    );
  }
}

/** Tells in the answer and in the log that the key of the caller expires soon. */
function warnOfExpiry(context: Context<Environment>, { expiresAt }: Identity): void {
  if (expiresAt === undefined) return;
  const days = (Date.parse(expiresAt) - Date.now()) / DAY;
  if (days > LIMITS.keyWarningDays) return;
  const record = context.get('record');
  record.headers.set('tracewright-key-expires', expiresAt);
  record.keyExpiresInDays = Math.round(days * 10) / 10;
}

const DAY = 86_400_000;
