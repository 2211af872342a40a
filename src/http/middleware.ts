import type { Context, MiddlewareHandler, Next } from 'hono';
import { cors } from 'hono/cors';
import { logInternalError, writeAudit } from './audit.ts';
import type { Environment, SharedMemory } from './environment.ts';
import { problemOf } from './failure-problem.ts';
import { RequestRecord } from './request-record.ts';
import { settingsOf } from './settings-of.ts';
import { traceContext, traceparent } from './trace-context.ts';

/** The Content-Security-Policy of every answer that is no page: it loads nothing, and nothing may frame it. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Gives every request access to the memory of the isolate. */
export const remembering =
  (isolate: SharedMemory): MiddlewareHandler<Environment> =>
  async (context, next) => {
    context.set('isolate', isolate);
    await next();
  };

/** Starts the record of a request. When the request is answered, adds the common headers and writes the log. */
export const recorded: MiddlewareHandler<Environment> = async (context, next) => {
  const requestId = crypto.randomUUID();
  const trace = traceContext(context.req.header('traceparent') ?? null, requestId);
  const record = new RequestRecord(requestId, trace);
  context.set('record', record);
  await next();
  const { headers, status } = context.res;
  headers.set('x-request-id', record.requestId);
  headers.set('traceparent', traceparent(record.trace));
  headers.set('server-timing', record.serverTiming());
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'no-referrer');
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', NOTHING);
  for (const [name, value] of record.headers) headers.set(name, value);
  writeAudit(record.toEvent(context.req.method, status), context.env);
};

/**
 * Refuses every request except `/healthz` while the settings are missing or wrong, as they are right after a
 * deployment. Allows pages of the configured origins to call this API (CORS); by default there are none.
 */
export const configured: MiddlewareHandler<Environment> = async (
  context: Context<Environment>,
  next: Next,
) => {
  if (context.req.path === '/healthz') return next();
  const { corsOrigins } = settingsOf(context);
  if (corsOrigins.length === 0) return next();
  return cors({
    origin: (origin) => (corsOrigins.includes(origin) ? origin : null),
    allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowHeaders: [
      'authorization',
      'content-type',
      'if-match',
      'if-none-match',
      'idempotency-key',
      'traceparent',
    ],
    exposeHeaders: [
      'etag',
      'location',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'tracewright-key-expires',
      'x-request-id',
    ],
    maxAge: 600,
  })(context, next);
};

/** Answers an error with its problem. An internal error is logged, and its answer tells nothing about the cause. */
export function answerError(error: Error, context: Context<Environment>): Response {
  const record = context.get('record');
  const problem = problemOf(error);
  if (record !== undefined) record.problem = problem.problem;
  if (problem !== error && problem.problem === 'internal-error') logInternalError(error, record?.requestId);
  return problem.toResponse();
}
