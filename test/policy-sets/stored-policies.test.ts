import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import type { PolicyBasis } from '../../src/cedar/slicing/basis.ts';
import { canonicalJson, digestOf } from '../../src/policy-sets/canonical.ts';
import { KEYS } from '../../src/policy-sets/kv-keys.ts';
import { openIndex, openPage } from '../../src/policy-sets/open-policies.ts';
import { versionIn, versionOf } from '../../src/policy-sets/read-versions.ts';
import { storedPolicies } from '../../src/policy-sets/stored-policies.ts';
import { VersionMemory } from '../../src/policy-sets/version-store.ts';
import { create, permit, published, publishText } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { policiesOf, postJson } from '../support/worker.ts';
import { contentOf, writeVersion } from '../support/write-version.ts';

const store = { kv: env.POLICY_SETS, memory: new VersionMemory(new CedarMemory()) };

const PERMIT = 'permit (principal, action, resource);';
const utf8 = new TextEncoder();

/** A version that is in KV, and no isolate has seen. */
async function fresh(id: string): Promise<{ digest: string; index: string; page: string }> {
  const { digest } = await writeVersion(env.POLICY_SETS, 'fresh', 1, contentOf({ [id]: PERMIT }));
  const [page] = [...(await storedPolicies(digest, contentOf({ [id]: PERMIT }))).pages.keys()];
  return { digest, index: KEYS.index(digest), page: KEYS.page(page ?? '') };
}

/** The policies that permit a workload of a namespace what it asks for. */
async function reasons(basis: PolicyBasis, namespace = 'a'): Promise<readonly string[] | undefined> {
  const uid = { type: 'Lattice::Service', id: `${namespace}/b` };
  const question = {
    principal: uid,
    action: { type: 'Lattice::Action', id: 'OverrideSecurity' },
    resource: { type: 'Lattice::SecurityOverride', id: 'hostPID' },
    context: {},
    own: [{ uid, attrs: { namespace }, parents: [] }],
  };
  return (await basis.evaluate([question]))[0]?.reasons;
}

/** What `work` warned or told of, as events. */
async function events(work: () => Promise<unknown>): Promise<unknown[]> {
  const told: unknown[] = [];
  const hear = (line: unknown): number => told.push(JSON.parse(String(line)));
  const spies = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
  for (const spy of spies) spy.mockImplementation(hear);
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return told;
}

/** Another text with its digest before it. */
async function forged(whole: string, change: (text: string) => string): Promise<string> {
  const text = change(whole.slice(whole.indexOf('\n') + 1));
  return `${await digestOf(text)}\n${text}`;
}

describe('what is stored of a version', () => {
  test('is written by a publication', async () => {
    await create('indexed');
    const { digest } = await published(await publishText('indexed', permit('a')));
    const told = await events(async () => {
      const { basis } = await versionOf(store, digest);
      expect((await basis.evaluate([])).length).toBe(0);
    });
    expect(told).toEqual([]);
    const { pages } = await storedPolicies(digest, contentOf({ a: permit('a') }));
    for (const [page, text] of pages) expect(await env.POLICY_SETS.get(KEYS.page(page))).toBe(text);
  });

  test.each<[string, 'index' | 'page', (whole: string) => string | null | Promise<string>]>([
    ['index absent', 'index', () => null],
    ['index damaged', 'index', () => ''],
    ['index damaged', 'index', () => 'no index'],
    ['index damaged', 'index', (whole) => whole.slice(0, -1)],
    ['index damaged', 'index', (whole) => `${whole}x`],
    ['index damaged', 'index', (whole) => whole.replace('"rest":[0]', '"rest":[]')],
    [
      'index damaged',
      'index',
      (whole) => forged(whole, (text) => text.replace(/"digest":"sha256:./, '"digest":"sha256:_')),
    ],
    ['index damaged', 'index', (whole) => forged(whole, () => 'no JSON')],
    ['index damaged', 'index', (whole) => forged(whole, () => 'null')],
    ['index damaged', 'index', (whole) => forged(whole, (text) => text.replace('"pages"', '"leaves"'))],
    ['page absent or damaged', 'page', () => null],
    ['page absent or damaged', 'page', () => ''],
    ['page absent or damaged', 'page', (whole) => whole.replace('permit', 'forbid')],
  ])('is made anew when there is an %s, and stored', async (because, part, spoil) => {
    const id = `p${Math.random()}`;
    const { digest, [part]: key } = await fresh(id);
    const whole = (await env.POLICY_SETS.get(key)) ?? '';
    const spoilt = await spoil(whole);
    expect(spoilt).not.toBe(whole);
    if (spoilt === null) await env.POLICY_SETS.delete(key);
    else await env.POLICY_SETS.put(key, spoilt);
    const told = await events(async () => {
      const { basis } = await versionOf(store, digest);
      expect(await reasons(basis)).toEqual([id]);
    });
    expect(told).toEqual([{ event: 'policy-index-made', digest, because }]);
    await vi.waitFor(async () => expect(await env.POLICY_SETS.get(key)).toBe(whole));
  });

  test('is made once for all that wait for it', async () => {
    const { digest, index } = await fresh('awaited');
    await env.POLICY_SETS.delete(index);
    const told = await events(() =>
      Promise.all(
        Array.from({ length: 10 }, async () => {
          const asked = service([app({ allowedBinaries: ['/bin/awaited'] })]);
          const answer = await postJson(`/compile?policySet=fresh&version=${digest}`, asked);
          expect(answer.status).toBe(200);
        }),
      ),
    );
    expect(told).toEqual([{ event: 'policy-index-made', digest, because: 'index absent' }]);
  });

  test('that does not fit together decides nothing, and is made anew', async () => {
    const { digest, index, page } = await fresh('foreign');
    const whole = (await env.POLICY_SETS.get(index)) ?? '';
    const other = page.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const digestIn = (key: string): string => key.slice(key.indexOf('sha256:'));
    await env.POLICY_SETS.put(
      index,
      await forged(whole, (text) => text.replace(digestIn(page), digestIn(other))),
    );
    await events(async () => {
      const { basis } = await versionOf(store, digest);
      await expect(reasons(basis)).rejects.toThrow('does not fit together');
      expect(await reasons((await versionOf(store, digest)).basis)).toEqual(['foreign']);
    });
    await vi.waitFor(async () => expect(await env.POLICY_SETS.get(index)).toBe(whole));
  });

  test.each(['index', 'page'] as const)(
    'decides nothing where the %s is gone and the body is another',
    async (part) => {
      const { digest, [part]: key } = await fresh(`rotten ${part}`);
      await env.POLICY_SETS.delete(key);
      const body = (await env.POLICY_SETS.get(KEYS.body(digest))) ?? '';
      await env.POLICY_SETS.put(KEYS.body(digest), body.replace('test', 'text'));
      await events(() =>
        expect(versionOf(store, digest).then(({ basis }) => reasons(basis))).rejects.toThrow(
          'has another digest',
        ),
      );
    },
  );

  test('is used where it cannot be stored', async () => {
    const { digest, index } = await fresh('not-stored');
    await env.POLICY_SETS.delete(index);
    const put = vi.spyOn(env.POLICY_SETS, 'put').mockRejectedValue(new Error('full'));
    const told = await events(async () =>
      expect(await reasons((await versionOf(store, digest)).basis)).toEqual(['not-stored']),
    );
    put.mockRestore();
    expect(told).toMatchObject([{ event: 'policy-index-made' }, { event: 'policy-index-not-stored' }]);
  });

  test('is never made of entities that Cedar refuses', async () => {
    const cycle = ['a', 'b'].map((id) => ({
      uid: { type: 'T', id },
      attrs: {},
      parents: [{ type: 'T', id: id === 'a' ? 'b' : 'a' }],
      tags: {},
    }));
    const { digest } = await writeVersion(
      env.POLICY_SETS,
      'cycle',
      1,
      contentOf({ a: PERMIT }, { entities: cycle }),
    );
    expect(await env.POLICY_SETS.get(KEYS.index(digest))).toBeNull();
    await events(() => expect(versionOf(store, digest)).rejects.toThrow('does not fit together'));
    expect(await env.POLICY_SETS.get(KEYS.index(digest))).toBeNull();
  });
});

describe('a stored policy', () => {
  const ids = fc.oneof(
    fc.constantFrom(
      '0',
      '10',
      '9',
      '4294967295',
      'constructor',
      '__proto__',
      'a"b',
      '\\',
      'é',
      '😀',
      '\n',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }).filter((id) => id.isWellFormed()),
  );
  const texts = fc
    .oneof(fc.constantFrom('"policies":{}', '}', '","', 'ü', '😀', '\u2028'), fc.string({ maxLength: 8 }))
    .map((comment) => `// ${comment}\n${PERMIT}`);

  test('is the one that was published, whatever ids and texts are around it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(ids, texts, { maxKeys: 12 }),
        fc.nat(200),
        async (policies, pageLength) => {
          const digest = await digestOf('');
          const stored = await storedPolicies(digest, contentOf(policies), undefined, pageLength);
          const opened = await openIndex(digest, utf8.encode(stored.index));
          const all = Object.keys(policies).map((_, ordinal) => ordinal);
          const reader = await opened
            ?.source(async (needed) => {
              const pages = [...needed].map(async (each) => {
                const page = await openPage(each, utf8.encode(stored.pages.get(each)));
                if (page === undefined) throw new Error('A page that is not the one of its digest.');
                return [each, page] as const;
              });
              return new Map(await Promise.all(pages));
            })
            .load(new Set(all));
          const read = all.flatMap((ordinal) => (reader === undefined ? [] : [reader.policy(ordinal)]));
          expect(new Map(read.map(({ id, text }) => [id, text]))).toEqual(new Map(Object.entries(policies)));
          expect(() => reader?.policy(all.length)).toThrow('on none of the pages');
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('a policy that is lost in reading is no policy less: the version is refused', async () => {
  const content = contentOf(
    JSON.parse(`{"__proto__": ${JSON.stringify(PERMIT)}, "a": ${JSON.stringify(PERMIT)}}`),
  );
  const body = canonicalJson({
    ...content,
    policies: Object.fromEntries([
      ['__proto__', PERMIT],
      ['a', PERMIT],
    ]),
  });
  expect(body).toContain('__proto__');
  await expect(versionIn(store.memory.cedar, body, await digestOf(body))).rejects.toThrow(
    'not in a form we know',
  );
});

test('a version whose policies Cedar cannot read decides nothing while KV has not got it', async () => {
  const body = canonicalJson(contentOf({ broken: 'permit' }));
  await expect(versionIn(store.memory.cedar, body, await digestOf(body))).rejects.toThrow(
    'does not fit together',
  );
});

test('pages that were read are kept, though another could not be', async () => {
  const policies = policiesOf(
    Array.from({ length: 900 }, (_, index) => `${PERMIT} // ${index} ${'x'.repeat(300)}`).join('\n'),
  );
  const long = Object.fromEntries(
    Object.entries(policies).map(([id, text]) => [id, `@note("${'x'.repeat(300)}")\n${text}`]),
  );
  const { digest } = await writeVersion(env.POLICY_SETS, 'kept', 1, contentOf(long));
  const { basis } = await versionOf(store, digest);
  const real = env.POLICY_SETS.get.bind(env.POLICY_SETS);
  const get = vi.spyOn(env.POLICY_SETS, 'get');
  get.mockRejectedValueOnce(new Error('KV is down'));
  await expect(reasons(basis)).rejects.toThrow('cannot be read');
  const { size } = (await storedPolicies(digest, contentOf(long))).pages;
  expect(size).toBeGreaterThan(6);
  const over = () => get.mock.settledResults.filter(({ type }) => type !== 'incomplete').length;
  await vi.waitFor(() => expect(over()).toBe(size));
  get.mockImplementation(real);
  expect(await reasons(basis)).toHaveLength(900);
  expect(get.mock.calls.length).toBe(size + 1);
  get.mockRestore();
});

test('of many policies those are read that a request finds, and no others', async () => {
  const policies = policiesOf(
    Array.from(
      { length: 2_000 },
      (_, index) => `permit (principal, action, resource) when { principal.namespace == "n${index}" };`,
    ).join('\n'),
  );
  const { digest } = await writeVersion(env.POLICY_SETS, 'many', 1, contentOf(policies));
  const get = vi.spyOn(env.POLICY_SETS, 'get');
  const { basis } = await versionOf(store, digest);
  expect(await reasons(basis, 'n7')).toEqual(['policy7']);
  const keys = get.mock.calls.map(([key]) => String(key));
  expect(await reasons(basis, 'n7')).toEqual(['policy7']);
  expect(get.mock.calls.length).toBe(keys.length);
  get.mockRestore();
  expect(keys).toEqual([KEYS.index(digest), expect.stringMatching(/^v1\/page\/sha256:/)]);
});
