import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type AuditSink, analyticsSink, queueSink, writeAll } from '../../src/http/audit.ts';
import { type RequestEvent, RequestRecord } from '../../src/http/request-record.ts';
import { traceContext } from '../../src/http/trace-context.ts';
import { json, workerWith } from '../support/management.ts';
import { create, permit, point, publishText } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { publish, send, sendAs } from '../support/worker.ts';

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  for (const method of ['log', 'error', 'warn', 'info', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map((part) => (part instanceof Error ? `${part.stack}` : String(part))).join(' '));
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const Event = z.looseObject({
  event: z.string(),
  requestId: z.string(),
  traceId: z.string(),
  operation: z.string().nullable(),
  status: z.int(),
  problem: z.string().nullable(),
  caller: z.looseObject({ id: z.string() }).nullable(),
  action: z.string().nullable(),
  policySet: z.looseObject({ name: z.string() }).nullable(),
  services: z.array(
    z.strictObject({
      service: z.string(),
      decision: z.string(),
      denied: z.array(z.string()),
      deniedCount: z.int(),
    }),
  ),
  durations: z.record(z.string(), z.number()),
});

/** The one line that a request left in the log. */
async function lineOf(answer: Response | Promise<Response>): Promise<z.output<typeof Event>> {
  const id = (await answer).headers.get('x-request-id') ?? 'none';
  const found = lines.filter((line) => line.includes(id) && line.includes('"event":"request"'));
  expect(found.length).toBe(1);
  return Event.parse(JSON.parse(found[0] ?? ''));
}

describe('a request leaves one line', () => {
  test('of a compilation: who, what, by which version, and what was decided', async () => {
    const { digest } = await publish('@id("a") permit (principal, action, resource);', 'logged');
    const answer = await send('/compile?policySet=logged', json('POST', service([app()])));
    expect(await lineOf(answer)).toMatchObject({
      event: 'request',
      method: 'POST',
      operation: 'compileServices',
      status: 200,
      problem: null,
      caller: { id: 'tracewright#admin', kind: 'admin-key' },
      action: 'compile',
      policySet: { name: 'logged', version: 1, digest },
      services: [{ service: 'shop/web', decision: 'allow', denied: [], deniedCount: 0 }],
    });
  });

  test('of a denial: the denied overrides', async () => {
    await publish('@id("a") permit (principal in Lattice::Namespace::"other", action, resource);', 'denying');
    const answer = await send(
      '/compile?policySet=denying',
      json('POST', service([app({ privileged: true })])),
    );
    expect(await lineOf(answer)).toMatchObject({
      status: 403,
      problem: 'overrides-denied',
      services: [{ service: 'shop/web', decision: 'deny', denied: ['privileged'], deniedCount: 1 }],
    });
  });

  test('of a stranger: that nobody was let in', async () => {
    expect(await lineOf(sendAs(null, '/policy-sets'))).toMatchObject({
      operation: 'listPolicySets',
      status: 401,
      problem: 'unauthenticated',
      caller: null,
      action: null,
    });
  });

  test('of nothing that there is', async () => {
    expect(await lineOf(send('/nowhere'))).toMatchObject({ operation: null, problem: 'not-found' });
  });

  test('with the times it took, which Server-Timing tells the caller', async () => {
    await publish('@id("a") permit (principal, action, resource);', 'timed');
    const answer = await send('/compile?policySet=timed', json('POST', service([app()])));
    const { durations } = await lineOf(answer);
    expect(Object.keys(durations)).toEqual([
      'authenticate',
      'read',
      'permit',
      'policy-set',
      'decide',
      'total',
    ]);
    const timing = answer.headers.get('server-timing') ?? '';
    expect(timing.split(', ').map((part) => part.replace(/;dur=[0-9.]+$/, ''))).toEqual(
      Object.keys(durations),
    );
  });
});

test('no secret is in any line', async () => {
  await create('secrets');
  await publishText('secrets', permit('a'));
  await point('secrets', 1);
  const body = (secret: string) => ({
    ...service([{ ...app(), env: [{ name: 'TOKEN', value: secret }], image: `registry/${secret}:1` }]),
    metadata: { name: 'web', namespace: 'shop', labels: { team: 'shop' }, annotations: { note: secret } },
  });
  const requests: readonly ((secret: string) => Promise<Response>)[] = [
    (secret) => sendAs(secret, '/caller'),
    (secret) => sendAs(`tw_0123456789abcdef_${secret}`, '/policy-sets'),
    (secret) => sendAs(`eyJhbGciOiJub25lIn0.${btoa(JSON.stringify({ iss: secret }))}.${secret}`, '/caller'),
    (secret) => send('/caller', { headers: { authorization: `Basic ${secret}` } }),
    (secret) => send('/caller', { headers: { cookie: `session=${secret}`, 'x-api-key': secret } }),
    (secret) => send(`/caller?access_token=${secret}`),
    (secret) => send(`/${secret}`),
    (secret) => send(`/policy-sets/${secret}`),
    (secret) => send(`/policy-sets/secrets/versions/${secret}`),
    (secret) => send(`/keys/${secret}`),
    (secret) => send('/healthz', { headers: { traceparent: secret, 'x-request-id': secret } }),
    (secret) => send('/compile?policySet=secrets', json('POST', body(secret))),
    (secret) => send('/authorize?policySet=secrets', json('POST', body(secret))),
    (secret) => send(`/compile?policySet=${secret}`, json('POST', body(secret))),
    (secret) => send('/compile?policySet=secrets', json('POST', { ...body(secret), [secret]: secret })),
    (secret) => send('/compile', { method: 'POST', body: `a: [${secret}` }),
    (secret) => send('/compile', { method: 'POST', body: secret, headers: { 'content-type': secret } }),
    (secret) => send('/policy-sets', json('POST', { name: secret, description: secret })),
    (secret) =>
      send(
        '/policy-sets/secrets/versions',
        json('POST', { policies: { a: secret }, message: secret }, { 'idempotency-key': secret }),
      ),
    (secret) =>
      send('/policy-sets/secrets/archive', json('POST', { reason: secret }, { 'if-match': `"${secret}"` })),
    (secret) => send('/keys', json('POST', { name: secret, owner: secret, scopes: ['read'] })),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...requests),
      fc.stringMatching(/^[A-Za-z0-9_-]{24,40}$/),
      async (request, random) => {
        // No name of anything has a capital or an underscore, and a secret does.
        const secret = `S_${random}`;
        const answer = await request(secret);
        await lineOf(answer);
        const created = await answer.clone().text();
        const key = /"key": "(tw_[^"]+)"/.exec(created)?.[1];
        for (const line of lines) {
          expect(line).not.toContain(secret);
          if (key !== undefined) expect(line).not.toContain(key.slice(-43));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('an error of our own is logged by its place, not by its message', async () => {
  const request = workerWith({
    POLICY_SETS: new Proxy(
      {},
      {
        get: () => () => {
          throw new RangeError('SECRET_of_a_body');
        },
      },
    ),
    MANAGEMENT_POLICIES: 'built-in',
  });
  await request('/policy-sets');
  expect(lines.join('\n')).not.toContain('SECRET_of_a_body');
});

describe('W3C Trace Context', () => {
  const TRACE = '0af7651916cd43dd8448eb211c80319c';
  const PARENT = 'b7ad6b7169203331';

  test.each([
    [`00-${TRACE}-${PARENT}-01`, '01'],
    [`00-${TRACE}-${PARENT}-00`, '00'],
    [`00-${TRACE}-${PARENT}-03`, '01'],
    [`cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`, '01'],
  ])('%s is continued', async (traceparent, flags) => {
    const answer = await send('/healthz', { headers: { traceparent } });
    const [version, trace, span, ours] = (answer.headers.get('traceparent') ?? '').split('-');
    expect([version, trace, ours]).toEqual(['00', TRACE, flags]);
    expect(span).toMatch(/^[0-9a-f]{16}$/);
    expect(span).not.toBe(PARENT);
    expect(await lineOf(answer)).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, spanId: span });
  });

  test.each([
    '',
    'nonsense',
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE}-${PARENT}-0x`,
  ])('%j begins a trace of its own', async (traceparent) => {
    const answer = await send('/healthz', { headers: { traceparent } });
    const ours = answer.headers.get('traceparent') ?? '';
    expect(ours).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(ours).not.toContain(TRACE);
    expect(await lineOf(answer)).toMatchObject({ parentSpanId: null });
  });
});

describe('sinks', () => {
  const record = new RequestRecord(crypto.randomUUID(), traceContext(null, crypto.randomUUID()));
  record.operation = 'compileServices';
  record.policySet = { name: 'default', version: 7, digest: 'sha256:x' };
  const event = record.toEvent('POST', 403);

  test('a queue gets the event as it is', async () => {
    const sent: unknown[] = [];
    const queue = { send: async (body: unknown) => void sent.push(body) };
    await workerWith({ AUDIT_QUEUE: queue })('/healthz');
    await vi.waitFor(() => expect(sent).toMatchObject([{ event: 'request', operation: 'getHealth' }]));
  });

  test('Analytics Engine gets a data point', async () => {
    const points: AnalyticsEngineDataPoint[] = [];
    await analyticsSink({ writeDataPoint: (point) => void points.push(point ?? {}) }).write(event);
    expect(points).toHaveLength(1);
    expect(points[0]).toMatchObject({
      blobs: [record.requestId, 'compileServices', '', '', 'default', 'sha256:x', '', record.trace.traceId],
      doubles: [403, 7, 0, 0, expect.any(Number)],
    });
  });

  test('one that fails is told of, and hinders no other', async () => {
    const written: RequestEvent[] = [];
    const good: AuditSink = { name: 'good', write: (each) => void written.push(each) };
    const failing = (name: string, write: AuditSink['write']): AuditSink => ({ name, write });
    await writeAll(event, [
      failing('throwing', () => {
        throw new Error('SECRET');
      }),
      failing('rejecting', () => Promise.reject(new Error('SECRET'))),
      good,
    ]);
    expect(written).toEqual([event]);
    expect(lines.filter((line) => line.includes('audit-sink-failed'))).toHaveLength(2);
    expect(lines.join()).not.toContain('SECRET');
  });

  test('one that fails does not fail the request', async () => {
    const request = workerWith({ AUDIT_QUEUE: { send: () => Promise.reject(new Error('full')) } });
    expect((await request('/healthz')).status).toBe(200);
    await vi.waitFor(() => expect(lines.join()).toContain('audit-sink-failed'));
  });

  test('a queue of Cloudflare is one', async () => {
    const sent: RequestEvent[] = [];
    const queue: Pick<Queue<RequestEvent>, 'send'> = {
      send: async (body) => {
        sent.push(body);
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
      },
    };
    await queueSink(queue).write(event);
    expect(sent).toEqual([event]);
  });
});
