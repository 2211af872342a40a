import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import webhookUser from '../../../examples/admission/management.cedar?raw';
import managementPolicies from '../../../policies/management/access.cedar?raw';
import { CreatedApiKeySchema } from '../../../src/access/key-schemas.ts';
import denied from '../../fixtures/reviews/CREATE-daemonsets--admin--10.json?raw';
import byController from '../../fixtures/reviews/CREATE-jobs--cronjob-controller--18.json?raw';
import { json, lengthOf, workerWith } from '../../support/management.ts';
import { makeIssuer } from '../../support/tokens.ts';
import { problem, publish, send } from '../../support/worker.ts';

const Answer = z.object({
  response: z.object({
    uid: z.string(),
    allowed: z.boolean(),
    status: z.object({ code: z.number(), reason: z.string(), message: z.string() }).optional(),
    warnings: z.array(z.string()).optional(),
  }),
});

/** A limiter that counts for itself: three of each key. */
function limiter() {
  const counts = new Map<string, number>();
  return {
    counts,
    limit: async ({ key }: { key: string }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: (counts.get(key) ?? 0) <= 3 };
    },
  };
}

async function keyFor(fields: object): Promise<string> {
  const response = await send('/keys', json('POST', { name: 'cluster', owner: 'ada', ...fields }));
  return CreatedApiKeySchema.parse(await response.json()).key;
}

const Sent = z.looseObject({
  request: z.looseObject({ object: z.looseObject({ metadata: z.looseObject({}) }) }),
});
let uid = 0;
/** A real review of this user, of an object of this name; each has a uid, a time and fields of its own. */
function review(username: string, name: string): string {
  const { request, ...rest } = Sent.parse(JSON.parse(denied));
  uid += 1;
  const metadata = { ...request.object.metadata, name, uid: `object-${uid}`, creationTimestamp: `t${uid}` };
  return JSON.stringify({
    ...rest,
    request: {
      ...request,
      uid: `${uid}`,
      name,
      userInfo: { username },
      object: { ...request.object, metadata },
    },
  });
}

const post = (body: string): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/json', ...lengthOf(body) },
});
async function codeOf(response: Response): Promise<number> {
  expect(response.status).toBe(200);
  const { response: answer } = Answer.parse(await response.json());
  return answer.status?.code ?? 200;
}

beforeAll(async () => {
  await publish('permit (principal, action, resource) when { resource.override_id == "no such" };');
});

describe('a key with the scope admission', () => {
  test('is not counted as one caller, but by the user of the cluster, and never made to wait', async () => {
    const counting = limiter();
    const request = workerWith({ RATE_LIMITER: counting, RATE_LIMIT_QUOTA: '3' });
    const key = await keyFor({ scopes: ['admission'] });
    const ask = (username: string, name: string) =>
      request('/admission?timeout=10s', post(review(username, name)), key);
    const codes: number[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) codes.push(await codeOf(await ask('mallory', name)));
    expect(codes).toEqual([403, 403, 403, 429, 429]);
    const answer = await ask('mallory', 'f');
    expect(answer.headers.get('retry-after')).toBeNull();
    const { response } = Answer.parse(await answer.json());
    expect(response.uid).toBe(`${uid}`);
    expect(response.status?.message).toBe(
      'Tracewright reviews at most 3 objects in 60 seconds for one user of the cluster, and mallory has asked for more. Try again later.',
    );
    // Others go on, and so does what needs no judgement.
    expect(await codeOf(await ask('ada', 'a'))).toBe(403);
    expect(await codeOf(await request('/admission?timeout=10s', post(byController), key))).toBe(200);
    expect(counting.counts.size).toBe(2);
    expect([...counting.counts.keys()].join()).not.toContain('mallory');
  });

  test('has the same review answered from memory, which is not counted', async () => {
    const counting = limiter();
    const request = workerWith({ RATE_LIMITER: counting });
    const key = await keyFor({ scopes: ['admission'] });
    for (let at = 0; at < 10; at += 1)
      expect(await codeOf(await request('/admission', post(review('ada', 'same')), key))).toBe(403);
    expect([...counting.counts.values()]).toEqual([1]);
    // By other policies it is another question.
    await publish('permit (principal, action, resource);', 'default', {}, 2);
    expect(await codeOf(await request('/admission', post(review('ada', 'same')), key))).toBe(200);
    await publish('permit (principal, action, resource) when { resource.override_id == "no such" };');
  });

  test('is for nothing else, and for no other version', async () => {
    const request = workerWith({});
    const key = await keyFor({ scopes: ['admission'] });
    await problem(await request('/authorize', post('{}'), key), 'forbidden');
    await problem(await request('/compile', post('{}'), key), 'forbidden');
    await problem(await request('/admission?version=1', post(denied), key), 'forbidden');
  });

  test('may be confined to a policy set, but is for all namespaces', async () => {
    const request = workerWith({});
    const confined = await keyFor({ scopes: ['admission'], policySets: ['other'] });
    await problem(await request('/admission', post(denied), confined), 'forbidden');
    const namespaced = await keyFor({ scopes: ['admission'], namespaces: ['shop'] });
    await problem(await request('/admission', post(denied), namespaced), 'forbidden');
  });
});

describe('a key with the scope authorize', () => {
  test('is counted as one caller, and not told when to come back: a client of Kubernetes would wait', async () => {
    const request = workerWith({ RATE_LIMITER: limiter() });
    const key = await keyFor({ scopes: ['authorize'], namespaces: ['shop'] });
    const ask = (name: string) => request('/admission', post(review('ada', name)), key);
    for (const name of ['a', 'b', 'c']) expect(await codeOf(await ask(name))).toBe(403);
    const late = await ask('d');
    await problem(late, 'rate-limited');
    expect(late.headers.get('retry-after')).toBeNull();
  });
});

test('the key of the cluster is warned of in every answer before it expires', async () => {
  const request = workerWith({});
  const soon = await keyFor({ scopes: ['admission'], expiresInDays: 13 });
  const later = await keyFor({ scopes: ['admission'], expiresInDays: 15 });
  const warnings = async (key: string, body: string) =>
    Answer.parse(await (await request('/admission', post(body), key)).json()).response.warnings;
  for (const body of [denied, byController]) {
    expect((await warnings(soon, body))?.[0]).toMatch(
      /^The key by which this cluster asks Tracewright expires at \d{4}-\d\d-\d\dT.* Replace it before, or no workload can be made or changed\.$/,
    );
    expect(await warnings(later, body)).toBeUndefined();
  }
});

describe('a service account of the cluster', () => {
  test('asks with a projected token, as the example of the management policies permits it', async () => {
    const issuer = await makeIssuer('https://kubernetes.default.svc.cluster.local');
    const counting = limiter();
    const request = workerWith({ OIDC_ISSUERS: JSON.stringify([issuer.setting]), RATE_LIMITER: counting });
    /** The claims of a projected token. */
    const token = (account: string, more: object = {}) =>
      issuer.sign({
        sub: `system:serviceaccount:tracewright:${account}`,
        'kubernetes.io': {
          namespace: 'tracewright',
          serviceaccount: { name: account, uid: '0f6a8a4d-5a3b-4f0e-9f0c-0b1b8b6d6c1a' },
          warnafter: Math.floor(Date.now() / 1_000) + 3_607,
        },
        ...more,
      });
    await problem(await request('/admission', post(denied), await token('webhook')), 'forbidden');
    await publish(`${managementPolicies}\n${webhookUser}`, 'management');
    for (const name of ['a', 'b', 'c', 'd'])
      expect(
        await codeOf(
          await request('/admission?timeout=10s', post(review(name, name)), await token('webhook')),
        ),
      ).toBe(403);
    expect(counting.counts.size).toBeGreaterThan(3);
    await problem(await request('/admission', post(denied), await token('other')), 'forbidden');
    await problem(
      await request('/admission', post(denied), await token('webhook', { aud: 'x' })),
      'unauthenticated',
    );
    await problem(
      await request('/admission', post(denied), await token('webhook', { exp: 1 })),
      'unauthenticated',
    );
    await problem(await request('/authorize', post('{}'), await token('webhook')), 'invalid-request');
  });
});
