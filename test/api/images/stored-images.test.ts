import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { StoredImageSchema } from '../../../src/images/stored-image.ts';
import { json, workerWith } from '../../support/management.ts';
import { problem, send } from '../../support/worker.ts';

/** The digest of which every digit is this one. */
const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;

const ENV = ['PATH=/usr/bin:/bin', 'API_TOKEN=hunter2', 'PATHS=/secret'];

/** What `crane config` prints of an image that starts this. */
const crane = (...entrypoint: string[]) => ({
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ENV, Entrypoint: entrypoint, Cmd: ['serve'], WorkingDir: '/srv', User: '1000' },
  rootfs: { type: 'layers', diff_ids: ['sha256:secret'] },
  history: [{ created_by: 'RUN curl -H token:hunter2' }],
});

/** What `docker image inspect` prints of it. */
const docker = (digests: readonly string[], entrypoint = '/app/web') => [
  {
    Id: digestOf('f'),
    RepoTags: ['web:1'],
    RepoDigests: digests.map((digest) => `web@${digest}`),
    Os: 'linux',
    Config: { Env: ENV, Entrypoint: [entrypoint], Cmd: ['serve'], WorkingDir: '/srv', User: '1000' },
  },
];

const put = (digest: string, value: unknown): Promise<Response> =>
  send(`/images/${digest}`, json('PUT', value));

async function stored(response: Response, status: number): Promise<z.output<typeof StoredImageSchema>> {
  const text = await response.text();
  expect(`${response.status} ${response.status < 300 ? '' : text}`).toBe(`${status} `);
  expect(text).not.toMatch(/hunter2|secret/i);
  return StoredImageSchema.parse(JSON.parse(text));
}

const FACTS = {
  entrypoint: ['/app/web'],
  cmd: ['serve'],
  workingDir: '/srv',
  path: '/usr/bin:/bin',
  user: '1000',
};

describe('the config of an image', () => {
  const a = digestOf('a');

  test.each<[string, string, unknown]>([
    ['as crane prints it', a, crane('/app/web')],
    ['as docker prints it', digestOf('b'), docker([digestOf('b')])],
    ['as docker prints it of an image that was never pushed', digestOf('c'), docker([])],
    ['as docker prints it of an image in several registries', digestOf('d'), docker([a, digestOf('d')])],
  ])('%s is stored once, without its secrets', async (_, digest, config) => {
    const first = await put(digest, config);
    expect(first.headers.get('location')).toBe(`/images/${digest}`);
    const image = await stored(first, 201);
    expect(image).toMatchObject({ digest, ...FACTS, storedBy: 'tracewright#admin' });
    expect(await stored(await put(digest, crane('/app/web')), 200)).toEqual(image);
    expect(await stored(await send(`/images/${digest}`), 200)).toEqual(image);
    expect(await env.POLICY_SETS.get(`v1/images/${digest}`, 'text')).not.toMatch(/hunter2|secret/i);
  });

  test('an image that says nothing of how it starts is known too', async () => {
    const image = await stored(await put(digestOf('0'), { architecture: 'amd64', os: 'linux' }), 201);
    expect(image).toMatchObject({ entrypoint: [], cmd: [], workingDir: '/', path: null, user: '' });
  });

  test('never changes: another one is refused until the stored one is removed', async () => {
    const digest = digestOf('e');
    await stored(await put(digest, crane('/app/web')), 201);
    const { detail } = await problem(await put(digest, crane('/app/other')), 'image-differs');
    expect(detail).toContain(`DELETE /images/${digest}`);
    expect(await stored(await send(`/images/${digest}`), 200)).toMatchObject(FACTS);
    expect(await stored(await send(`/images/${digest}`, { method: 'DELETE' }), 200)).toMatchObject(FACTS);
    await problem(await send(`/images/${digest}`), 'image-not-found');
    await problem(await send(`/images/${digest}`, { method: 'DELETE' }), 'image-not-found');
    const other = await stored(await put(digest, crane('/app/other')), 201);
    expect(other.entrypoint).toEqual(['/app/other']);
  });

  test.each<[string, string, unknown, RegExp]>([
    ['of another digest', '', docker([a, digestOf('b')]), /sha256:a+, sha256:b+, and not of sha256:1+/],
    ['of Windows', '', { ...crane('a.exe'), os: 'windows' }, /Windows/],
    ['two images', '', [...docker([]), ...docker([])], /one image/],
    ['no image', '', [], /one image/],
    ['a manifest', '', { schemaVersion: 2, layers: [] }, /Expected the config of an image/],
    [
      'with an ENTRYPOINT that is a text',
      '/config/Entrypoint',
      { os: 'linux', config: { Entrypoint: '/a' } },
      /list of words/,
    ],
  ])('%s is refused', async (_, pointer, config, message) => {
    const { faults } = await problem(await put(digestOf('1'), config), 'invalid-request');
    expect(faults?.[0]).toMatchObject({ pointer: expect.stringContaining(pointer), line: 1 });
    expect(faults?.[0]?.message).toMatch(message);
    await problem(await send(`/images/${digestOf('1')}`), 'image-not-found');
  });

  test(`${LIMITS.imageFacts} characters are stored, and no more`, async () => {
    const of = (fill: number) => ({ os: 'linux', config: { Entrypoint: ['x'.repeat(fill)] } });
    const facts = { entrypoint: [''], cmd: [], workingDir: '/', user: '' };
    const fill = LIMITS.imageFacts - JSON.stringify(facts).length;
    const { faults } = await problem(await put(digestOf('6'), of(fill + 1)), 'invalid-request');
    expect(faults?.[0]?.message).toContain('16385 characters');
    await stored(await put(digestOf('6'), of(fill)), 201);
  });

  test('several documents are refused', async () => {
    const body = '{os: linux}\n---\n{os: linux}';
    const headers = { 'content-type': 'application/yaml' };
    await problem(
      await send(`/images/${digestOf('1')}`, { method: 'PUT', headers, body }),
      'invalid-request',
    );
  });

  test.each([
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(128)}`,
    'nginx:1.27',
    'a'.repeat(64),
  ])('the digest %s is none', async (digest) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const init = method === 'PUT' ? json('PUT', crane('/a')) : { method };
      const { faults } = await problem(
        await send(`/images/${encodeURIComponent(digest)}`, init),
        'invalid-request',
      );
      expect(faults?.[0]).toMatchObject({ parameter: 'digest' });
    }
  });
});

const ListSchema = z.strictObject({ images: z.array(StoredImageSchema), nextCursor: z.string().nullable() });

test('the list has all of them, page by page', async () => {
  const digests = ['2', '3', '4'].map(digestOf);
  for (const digest of digests) await stored(await put(digest, crane('/app/web')), 201);
  const found: string[] = [];
  let cursor = '';
  do {
    const page = ListSchema.parse(await (await send(`/images?limit=2${cursor}`)).json());
    expect(page.images.length).toBeLessThanOrEqual(2);
    found.push(...page.images.map(({ digest }) => digest));
    cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
  } while (cursor !== '');
  expect(found).toEqual([...new Set(found)].sort());
  expect(found).toEqual(expect.arrayContaining(digests));
});

describe('what cannot be read', () => {
  test.each([
    ['is no JSON', '{'],
    ['is of a later release', JSON.stringify({ format: 2, image: {} })],
    ['has a field that is not known', JSON.stringify({ format: 1, image: {}, env: [] })],
  ])('%s', async (_, value) => {
    const digest = digestOf('5');
    await env.POLICY_SETS.put(`v1/images/${digest}`, value);
    await problem(await send(`/images/${digest}`), 'images-unavailable');
    await problem(await put(digest, crane('/app/web')), 'images-unavailable');
    await env.POLICY_SETS.delete(`v1/images/${digest}`);
  });

  test('because KV fails', async () => {
    const fails = () => Promise.reject(new Error('a secret of our insides'));
    const request = workerWith({ POLICY_SETS: { get: fails, put: fails, list: fails, delete: fails } });
    for (const [path, init] of [
      ['/images', {}],
      [`/images/${digestOf('5')}`, {}],
      [`/images/${digestOf('5')}`, json('PUT', crane('/a'))],
      [`/images/${digestOf('5')}`, { method: 'DELETE' }],
    ] as const) {
      const { type } = await z
        .looseObject({ type: z.string() })
        .parseAsync(await (await request(path, init)).json());
      expect(type).toMatch(/-unavailable$/);
    }
  });
});
