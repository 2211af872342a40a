import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { CreatedApiKeySchema } from '../../src/access/key-schemas.ts';
import { PersonSchema } from '../../src/policy-sets/person.ts';
import { ChangeSchema } from '../../src/policy-sets/policy-set-schemas.ts';
import { json, workerWith } from '../support/management.ts';
import { create, permit, point, published, publishText, registry, standing } from '../support/policy-sets.ts';
import { type Issuer, makeIssuer } from '../support/tokens.ts';
import { problem, send } from '../support/worker.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const SUBJECT = 'repo:acme/shop:ref:refs/heads/main';
/** Two people whose pipelines of one repository have the same subject. */
const ADA = { sub: SUBJECT, actor: 'ada', actor_id: '1815' };
const BEN = { sub: SUBJECT, actor: 'ben', actor_id: '1906' };

let github: Issuer;
let other: Issuer;
let request: ReturnType<typeof workerWith>;
const name = 'persons';

beforeAll(async () => {
  github = await makeIssuer(GITHUB);
  other = await makeIssuer('https://login.example.org');
  request = workerWith({
    OIDC_ISSUERS: JSON.stringify([github.setting, other.setting]),
    MANAGEMENT_POLICIES: 'stored',
  });
  await create(name);
  await create('management');
  const all = '@id("all") permit (principal, action, resource);';
  await point('management', (await published(await publishText('management', all))).version);
});

/** The history of the set, newest first. */
async function changes(): Promise<z.output<typeof ChangeSchema>[]> {
  const answer = await send(`/policy-sets/${name}/history`);
  return z.object({ changes: z.array(ChangeSchema) }).parse(await answer.json()).changes;
}

test('two people of one repository are told apart in history, version and log', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const body = (id: string) => json('POST', { policies: { [id]: permit(id) } });
  const path = `/policy-sets/${name}/versions`;
  const one = await published(await request(path, body('one'), await github.sign(ADA)));
  const answer = await request(path, body('two'), await github.sign(BEN));
  const id = answer.headers.get('x-request-id') ?? 'none';
  const two = await published(answer);
  const ada = { id: `${GITHUB}#1815`, name: 'ada' };
  const ben = { id: `${GITHUB}#1906`, name: 'ben' };
  const caller = `${GITHUB}#${SUBJECT}`;
  expect([one.publishedBy, two.publishedBy]).toEqual([
    { caller, person: ada },
    { caller, person: ben },
  ]);
  const [last, first] = await changes();
  expect([first?.person, last?.person]).toEqual([ada, ben]);
  expect([first?.by, last?.by]).toEqual([caller, caller]);
  const line = log.mock.calls.map(([text]) => String(text)).find((text) => text.includes(id));
  log.mockRestore();
  expect(JSON.parse(line ?? '{}').caller).toEqual({
    id: caller,
    kind: 'oidc',
    person: ben.id,
    name: 'ben',
  });
  expect((await standing(name)).latest?.publishedBy?.person).toEqual(ben);
  const versions = await (await send(path)).json();
  expect(versions).toMatchObject({
    versions: [{ publishedBy: { person: ben } }, { publishedBy: { person: ada } }],
  });
});

test('an idempotency key of one person is not the other’s', async () => {
  const put = async (who: object, version: number) =>
    request(
      `/policy-sets/${name}/aliases/staging`,
      json('PUT', { version }, { 'idempotency-key': 'k1' }),
      await github.sign({ ...who }),
    );
  expect((await put(ADA, 1)).status).toBe(200);
  expect((await put(BEN, 2)).status).toBe(200);
  await problem(await put(ADA, 2), 'idempotency-key-reused');
});

describe('GET /caller names the person', () => {
  const personOf = async (token: string) => {
    const answer = await request('/caller', {}, token);
    return z
      .looseObject({ person: PersonSchema, keyExpiresAt: z.string().nullable() })
      .parse(await answer.json());
  };

  test.each<[string, object, string]>([
    ['by nothing', {}, ''],
    ['by an address that is verified', { email: 'ada@example.org', email_verified: true }, 'ada@example.org'],
    ['not by one that is not', { email: 'root@example.org' }, ''],
  ])('of another issuer %s', async (_, claims, expected) => {
    const { person, keyExpiresAt } = await personOf(await other.sign({ sub: 's', ...claims }));
    expect(person).toEqual({ id: 'https://login.example.org#s', name: expected });
    expect(keyExpiresAt).toBeNull();
  });

  test('of another issuer by the claim of its setting', async () => {
    const setting = { ...other.setting, nameClaim: 'login' };
    const named = workerWith({ OIDC_ISSUERS: JSON.stringify([setting]) });
    const answer = await named('/caller', {}, await other.sign({ sub: 's', login: 'ada \ud800' }));
    expect(z.looseObject({ person: PersonSchema }).parse(await answer.json()).person.name).toBe('ada \ufffd');
  });

  test('of a key, its owner; and who made it is kept with it', async () => {
    const wanted = { name: 'CI', owner: 'ada@example.org', scopes: ['read'] };
    const answer = await request('/keys', json('POST', wanted), await github.sign(BEN));
    const { key, id, expiresAt, creator } = CreatedApiKeySchema.parse(await answer.json());
    expect(creator).toEqual({ id: `${GITHUB}#1906`, name: 'ben' });
    expect(await personOf(key)).toMatchObject({
      person: { id: 'tracewright#owner:ada@example.org', name: 'ada@example.org (key CI)' },
      keyExpiresAt: expiresAt,
    });
    expect(await (await send(`/keys/${id}`)).json()).toMatchObject({ creator: { name: 'ben' } });
  });
});

test('what was written before persons were noted stays readable', async () => {
  await runInDurableObject(registry(name), async (_, { storage }) => {
    storage.sql.exec('DROP TABLE publications');
    storage.sql.exec('DROP TABLE people');
  });
  // The next object finds the tables of an earlier release.
  const { PolicySetRegistry } = await import('../../src/policy-sets/registry.ts');
  await runInDurableObject(registry(name), async (_, state) => {
    const reopened = new PolicySetRegistry(
      state,
      z.custom<ConstructorParameters<typeof PolicySetRegistry>[1]>().parse({}),
    );
    expect(reopened.read()?.set.latest?.publishedBy).toBeNull();
  });
  expect((await changes()).map(({ person }) => person)).toEqual(expect.arrayContaining([null]));
  expect(await (await send(`/policy-sets/${name}/versions/1`)).json()).toMatchObject({ publishedBy: null });
  const third = await published(await publishText(name, permit('three')));
  expect(third.publishedBy?.person).toEqual({ id: 'tracewright#admin', name: 'the admin key' });
});
