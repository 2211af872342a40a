import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import wranglerToml from '../../wrangler.toml?raw';
import { json, workerWith } from '../support/management.ts';
import { create, permit, point, publishText, standing } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { problem, send, sendAs } from '../support/worker.ts';

const services = service([app({ readOnlyRootFilesystem: true })]);
let digest = '';

beforeAll(async () => {
  await create('headers');
  await publishText('headers', permit('a'));
  await publishText('headers', permit('b'));
  await point('headers', 1);
  digest = (await standing('headers')).aliases[0]?.digest ?? '';
});

describe('every answer', () => {
  test.each([
    '/healthz',
    '/docs',
    '/docs/start.js',
    '/openapi.json',
    '/baseline',
    '/policy-sets',
    '/nowhere',
  ])('%s can be neither sniffed nor framed, and has an id', async (path) => {
    for (const answer of [await send(path), await sendAs(null, path)]) {
      const { headers } = answer;
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';/);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('server-timing')).toContain('total;dur=');
    }
  });
});

describe('an answer that depends on an alias is not kept', () => {
  test.each([
    ['/compile?policySet=headers', json('POST', services)],
    ['/compile?policySet=headers&version=active', json('POST', services, { accept: 'application/yaml' })],
    ['/authorize?policySet=headers', json('POST', services)],
    ['/policy-sets/headers', {}],
    ['/policy-sets/headers/aliases/active', {}],
    ['/policy-sets/headers/versions/active', {}],
    ['/policy-sets/headers/versions/1/diff/active', {}],
    ['/policy-sets/headers/versions/active/impact', json('POST', services)],
  ])('%s', async (path, init) => {
    const answer = await send(path, init);
    expect(`${answer.status} ${answer.headers.get('cache-control')}`).toBe('200 no-store');
  });
});

describe('an answer that depends on a digest has an ETag', () => {
  test.each([
    '/policy-sets/headers/versions/1',
    '/policy-sets/headers/versions/1/diff/2',
    '/openapi.json',
    '/baseline',
    '/baseline?mode=monitor',
  ])('%s, and is not sent again to who has it', async (path) => {
    const answer = await send(path);
    const etag = answer.headers.get('etag') ?? '';
    expect(`${answer.status} ${answer.headers.get('cache-control')}`).toBe('200 private, no-cache');
    expect(etag).toMatch(/^"[^"]+"$/);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await send(path, { headers: { 'if-none-match': tag } });
      expect(`${again.status} ${again.headers.get('etag')} ${await again.text()}`).toBe(`304 ${etag} `);
    }
    expect((await send(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    const stranger = await sendAs(null, path, { headers: { 'if-none-match': etag } });
    if (path !== '/openapi.json') expect(stranger.status).toBe(401);
  });

  test('each representation has its own', async () => {
    const tags = await Promise.all(
      ['application/json', 'text/plain'].map(async (accept) =>
        (await send('/policy-sets/headers/versions/1', { headers: { accept } })).headers.get('etag'),
      ),
    );
    expect(new Set(tags).size).toBe(2);
  });

  test('a compilation by a pinned version too: the same request, the same tag', async () => {
    const compile = async (version: string) =>
      (await send(`/compile?policySet=headers&version=${version}`, json('POST', services))).headers.get(
        'etag',
      );
    expect(await compile(digest)).toMatch(/^"[0-9a-f]{64}"$/);
    expect(await compile(digest)).toBe(await compile('1'));
    expect(await compile('2')).not.toBe(await compile('1'));
  });
});

describe('pages of other origins', () => {
  const origin = 'https://console.example.org';

  test('may not call, unless they are named', async () => {
    const answer = await send('/policy-sets', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await sendAs(null, '/policy-sets', { method: 'OPTIONS', headers: { origin } });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('those that are named may, and no others', async () => {
    const request = workerWith({ CORS_ORIGINS: `https://other.example.org, ${origin}` });
    const asked = { origin, 'access-control-request-method': 'PUT' };
    const preflight = await request('/policy-sets', { method: 'OPTIONS', headers: asked }, null);
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    const answer = await request('/policy-sets', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
    const evil = await request('/policy-sets', { headers: { origin: 'https://evil.example' } });
    expect(evil.headers.get('access-control-allow-origin')).toBeNull();
    expect((await request('/policy-sets', { headers: { origin } }, null)).status).toBe(401);
  });
});

describe('the rate limit', () => {
  const settings = { RATE_LIMITER: env.TEST_LIMITER, RATE_LIMIT_QUOTA: '3', RATE_LIMIT_SECONDS: '60' };

  test('ends with 429 and says when to come back; each caller has its own', async () => {
    const request = workerWith(settings);
    const answers: Response[] = [];
    for (let at = 0; at < 4; at++) answers.push(await request('/caller'));
    expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const answer of answers) expect(answer.headers.get('ratelimit-policy')).toBe('"caller";q=3;w=60');
    const last = answers[3];
    if (last === undefined) throw new Error('no fourth answer');
    await problem(last, 'rate-limited');
    expect(last.headers.get('ratelimit')).toBe('"caller";r=0;t=60');
    expect(last.headers.get('retry-after')).toBe('60');
    expect((await request('/healthz')).status).toBe(200);
    const guess = (address: string) =>
      request('/caller', { headers: { 'cf-connecting-ip': address } }, 'tw_guess');
    expect((await guess('192.0.2.1')).status).toBe(401);
  });

  test('counts guesses by the address they come from', async () => {
    const request = workerWith(settings);
    const guess = async (address: string) =>
      (await request('/caller', { headers: { 'cf-connecting-ip': address } }, 'tw_guess')).status;
    const statuses: number[] = [];
    for (let at = 0; at < 4; at++) statuses.push(await guess('192.0.2.2'));
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect(await guess('192.0.2.3')).toBe(401);
  });

  test('that does not answer stops nobody', async () => {
    const request = workerWith({ RATE_LIMITER: { limit: () => Promise.reject(new Error('down')) } });
    expect((await request('/caller')).status).toBe(200);
  });

  test('is told as it is configured', () => {
    const [, limit, period] = /simple = \{ limit = (\d+), period = (\d+) \}/.exec(wranglerToml) ?? [];
    expect(wranglerToml).toContain(`RATE_LIMIT_QUOTA = "${limit}"`);
    expect(wranglerToml).toContain(`RATE_LIMIT_SECONDS = "${period}"`);
  });
});
