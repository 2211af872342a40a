import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { json } from '../../support/management.ts';
import { create, permit, published, publishText, registry } from '../../support/policy-sets.ts';
import { app, service } from '../../support/services.ts';
import { problem, send } from '../../support/worker.ts';

const SERVICES = service([app()]);

/** Every operation on a set that there is not. */
const REQUESTS: readonly (readonly [string, RequestInit?])[] = [
  [''],
  ['/history'],
  ['/versions'],
  ['/versions/1'],
  ['/versions/active'],
  ['/versions/1/diff/2'],
  ['/corpus'],
  ['/aliases/active'],
  ['/versions/1/impact', json('POST', SERVICES)],
  ['/versions:check', json('POST', { policies: { a: permit('a') } })],
  ['/versions', json('POST', { policies: { a: permit('a') } })],
  ['/aliases/active', json('PUT', { version: 1 })],
  ['/aliases/active', json('PUT', { version: 1, requireNoNewDenials: true })],
  ['/corpus', json('PUT', SERVICES)],
  ['/archive', json('POST', {})],
  ['/restore', json('POST', {}, { 'idempotency-key': 'k' })],
];

/** What an object has stored: without anything in it, it ends when it is not used any more. */
async function stored(name: string): Promise<unknown> {
  return runInDurableObject(registry(name), async (_, { storage }) => ({
    tables: storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray(),
    alarm: await storage.getAlarm(),
  }));
}

describe('a set that there is not', () => {
  test.each(REQUESTS.map(([path, init], index) => ({ path, init, index })))(
    'leaves nothing behind: $path ($index)',
    async ({ path, init, index }) => {
      const name = `unknown-${index}`;
      const answer = await send(`/policy-sets/${name}${path}`, init);
      expect(answer.status === 404 || answer.status === 409, await answer.text()).toBe(true);
      expect(await stored(name)).toEqual({ tables: [], alarm: null });
    },
  );

  test('can be created afterwards, in the same object', async () => {
    const name = 'later';
    await problem(await send(`/policy-sets/${name}`), 'policy-set-not-found');
    await create(name);
    expect((await published(await publishText(name, permit('a')))).version).toBe(1);
    expect((await send(`/policy-sets/${name}`)).status).toBe(200);
    expect(await stored(name)).not.toMatchObject({ tables: [] });
  });
});
