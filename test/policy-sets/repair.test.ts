import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { KEYS } from '../../src/policy-sets/kv-keys.ts';
import { create, permit, point, published, publishText, standing } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { compilation, postJson, problem, send } from '../support/worker.ts';

const TEXT = `${permit('a')}\n${permit('b')}`;

/** All that KV has of a version, by key: its body, index and page, and what leads to it. */
async function keysOf(name: string, digest: string): Promise<string[]> {
  const index = await env.POLICY_SETS.get(KEYS.index(digest));
  const { pages } = JSON.parse(index?.split('\n')[1] ?? '{}');
  return [
    KEYS.body(digest),
    KEYS.index(digest),
    ...pages.map((page: { digest: string }) => KEYS.page(page.digest)),
    KEYS.version(name, '1'),
    KEYS.digest(name, digest),
    KEYS.alias(name, 'active'),
    KEYS.set(name),
  ];
}

const KINDS = ['body', 'index', 'page', 'version', 'digest', 'alias', 'set'];
const DAMAGES: readonly (readonly [string, readonly string[]])[] = [
  ...KINDS.map((kind) => [kind, [kind]] as const),
  ['body and index', ['body', 'index']],
  ['everything', KINDS],
];

let count = 0;

describe.each(DAMAGES)('%s', (_, kinds) => {
  test.each(['is lost', 'is damaged', 'is cut off'])(
    '%s: the same content published again mends it',
    async (how) => {
      const name = `repair-${count++}`;
      await create(name);
      // A content of its own, so that no other test's page is the same.
      const text = `${TEXT}\n${permit(name)}`;
      const { digest } = await published(await publishText(name, text));
      await point(name, 1);
      const keys = await keysOf(name, digest);
      expect(keys).toHaveLength(KINDS.length);
      const read = () => Promise.all(keys.map((key) => env.POLICY_SETS.getWithMetadata(key)));
      const before = await read();
      for (const [index, key] of keys.entries()) {
        if (!kinds.includes(KINDS[index] ?? '')) continue;
        const value = before[index]?.value ?? '';
        if (how === 'is lost') await env.POLICY_SETS.delete(key);
        else await env.POLICY_SETS.put(key, how === 'is damaged' ? '{"x":1}' : value.slice(0, -1));
      }
      expect(await read()).not.toEqual(before);
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      const again = await publishText(name, text);
      expect(again.status).toBe(200);
      vi.restoreAllMocks();
      expect((await published(again)).digest).toBe(digest);
      expect(await read()).toEqual(before);
      const { pendingWrites, revision } = await standing(name);
      // It is no change of the set.
      expect([pendingWrites, revision]).toEqual([0, 3]);
      expect((await send(`/policy-sets/${name}/versions/1`)).status).toBe(200);
    },
  );
});

test('a version whose body and index are damaged decides again', async () => {
  const name = 'repair-decides';
  await create(name);
  const { digest } = await published(await publishText(name, TEXT));
  // Pointed at only now, so that no request has it in memory.
  await env.POLICY_SETS.put(KEYS.body(digest), '{}');
  await env.POLICY_SETS.put(KEYS.index(digest), '{}');
  await point(name, 1);
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const web = service([app({ allowedBinaries: ['/bin/a'] })]);
  await problem(await postJson(`/compile?policySet=${name}`, web), 'policy-set-corrupt');
  expect((await publishText(name, TEXT)).status).toBe(200);
  await compilation(await postJson(`/compile?policySet=${name}`, web));
  vi.restoreAllMocks();
});

test('an archived set mends nothing: publishing to it is refused', async () => {
  const name = 'repair-archived';
  await create(name);
  const { digest } = await published(await publishText(name, TEXT));
  await env.POLICY_SETS.delete(KEYS.digest(name, digest));
  await send(`/policy-sets/${name}/archive`, { method: 'POST', headers: { 'if-match': '*' } });
  await problem(await publishText(name, TEXT), 'policy-set-archived');
});
