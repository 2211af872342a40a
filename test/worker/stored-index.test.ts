import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { canonicalJson, digestOf } from '../../src/policy-sets/canonical.ts';
import { KEYS } from '../../src/policy-sets/model.ts';
import { versionIn, versionOf } from '../../src/policy-sets/repository.ts';
import { IndexedBody, makeIndex } from '../../src/policy-sets/stored-index.ts';
import { create, permit, published, publishText } from '../support/policy-sets.ts';
import { policiesOf } from '../support/worker.ts';
import { contentOf, writeVersion } from '../support/write-version.ts';

const PERMIT = 'permit (principal, action, resource);';
const utf8 = new TextEncoder();

/** A version that is in KV, and no isolate has seen. */
async function fresh(id: string): Promise<{ digest: string; key: string }> {
  const { digest } = await writeVersion(env.POLICY_SETS, 'fresh', 1, contentOf({ [id]: PERMIT }));
  return { digest, key: KEYS.index(digest) };
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

describe('the index in KV', () => {
  test('is written by a publication, before anything leads to the version', async () => {
    await create('indexed');
    const { digest } = await published(await publishText('indexed', permit('a')));
    const read = (key: string) => env.POLICY_SETS.get(key, 'arrayBuffer');
    const [body, index] = await Promise.all([read(KEYS.body(digest)), read(KEYS.index(digest))]);
    const bytes = (buffer: ArrayBuffer | null) => new Uint8Array(buffer ?? new ArrayBuffer());
    const opened = await IndexedBody.open(bytes(body), digest, bytes(index));
    expect(opened?.read(0)).toEqual(['a', permit('a')]);
    expect(await events(() => versionOf(env.POLICY_SETS, digest))).toEqual([]);
  });

  test.each<[string, (whole: string) => string | null | Promise<string>]>([
    ['absent', () => null],
    ['damaged', () => ''],
    ['damaged', () => 'no index'],
    ['damaged', (whole) => whole.slice(0, -1)],
    ['damaged', (whole) => `${whole}x`],
    ['damaged', (whole) => whole.replace('"rest":[0]', '"rest":[]')],
    [
      'damaged',
      async (whole) => {
        const other = whole
          .slice(whole.indexOf('\n') + 1)
          .replace(/"digest":"sha256:./, '"digest":"sha256:_');
        return `${await digestOf(other)}\n${other}`;
      },
    ],
    [
      'damaged',
      async (whole) => {
        const other = whole.slice(whole.indexOf('\n') + 1).replace(/"to":\d+/, '"to":20');
        return `${await digestOf(other)}\n${other}`;
      },
    ],
  ])('is made anew when it is %s, and stored', async (was, spoil) => {
    const { digest, key } = await fresh(`p${Math.random()}`);
    const whole = (await env.POLICY_SETS.get(key)) ?? '';
    const spoilt = await spoil(whole);
    expect(spoilt).not.toBe(whole);
    if (spoilt === null) await env.POLICY_SETS.delete(key);
    else await env.POLICY_SETS.put(key, spoilt);
    const told = await events(async () => {
      const { basis } = await versionOf(env.POLICY_SETS, digest);
      expect(basis.textOf('nobody')).toBeUndefined();
    });
    expect(told).toEqual([{ event: 'policy-index-made', digest, was }]);
    expect(await env.POLICY_SETS.get(key)).toBe(whole);
  });

  test('that cannot be stored is no obstacle', async () => {
    const { digest, key } = await fresh('not-stored');
    await env.POLICY_SETS.delete(key);
    const put = vi.spyOn(env.POLICY_SETS, 'put').mockRejectedValue(new Error('full'));
    const told = await events(async () =>
      expect((await versionOf(env.POLICY_SETS, digest)).basis.textOf('not-stored')).toBe(PERMIT),
    );
    put.mockRestore();
    expect(told).toMatchObject([{ event: 'policy-index-made' }, { event: 'policy-index-not-stored' }]);
  });

  test('of entities that Cedar refuses is never made', async () => {
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
    await events(() => expect(versionOf(env.POLICY_SETS, digest)).rejects.toThrow('does not fit together'));
    expect(await env.POLICY_SETS.get(KEYS.index(digest))).toBeNull();
  });
});

test('a version that was let go says so, and decides nothing', async () => {
  const { digest } = await fresh(`gone${Math.random()}`);
  const version = await versionOf(env.POLICY_SETS, digest);
  const uid = { type: 'Lattice::Service', id: 'a/b' };
  const question = { principal: uid, action: uid, resource: uid, context: {}, own: [] };
  version.release();
  expect(() => version.basis.evaluate(question)).toThrow('try again');
  expect(() => version.content()).toThrow('try again');
});

describe('a policy of a body', () => {
  const ids = fc.oneof(
    fc.constantFrom(
      '0',
      '10',
      '9',
      '4294967295',
      'constructor',
      'a"b',
      '\\',
      'é',
      '😀',
      'policies',
      '{}',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }).filter((id) => id.isWellFormed()),
  );
  const texts = fc
    .oneof(fc.constantFrom('"policies":{}', '}', '","', 'ü', '😀'), fc.string({ maxLength: 8 }))
    .map((comment) => `// ${comment}\n${PERMIT}`);

  test('is the one that was written, whatever ids and texts are around it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(ids, texts, { maxKeys: 6, noNullPrototype: true }),
        fc.string(),
        async (policies, message) => {
          const content = contentOf(policies, {
            message,
            tests: [
              {
                name: '"policies":{}',
                principal: {
                  namespace: 'a',
                  name: 'policies',
                  kind: 'service',
                  labels: { policies: 'policies' },
                },
                overrides: ['hostPID'],
                expect: { decision: 'deny' },
              },
            ],
            entities: [
              {
                uid: { type: 'T', id: '"policies":{}' },
                attrs: { policies: { ...policies } },
                parents: [],
                tags: {},
              },
            ],
          });
          const body = canonicalJson(content);
          const digest = await digestOf(body);
          const index = await makeIndex(digest, body, content);
          const opened = await IndexedBody.open(utf8.encode(body), digest, utf8.encode(index));
          const read = Object.keys(policies).map((_, ordinal) => opened?.read(ordinal));
          expect(new Map(read.map((each) => each ?? ['', '']))).toEqual(new Map(Object.entries(policies)));
          const version = await versionIn(body, digest, index);
          for (const [id, text] of Object.entries(policies)) expect(version.basis.textOf(id)).toBe(text);
          expect(version.content()).toEqual(content);
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
  await events(async () =>
    expect(versionIn(body, await digestOf(body), undefined)).rejects.toThrow('does not fit together'),
  );
});

test('many policies are found by what they ask for', async () => {
  const count = 2_000;
  const policies = policiesOf(
    Array.from(
      { length: count },
      (_, index) => `permit (principal, action, resource) when { principal.namespace == "n${index}" };`,
    ).join('\n'),
  );
  const content = contentOf(policies);
  const body = canonicalJson(content);
  const digest = await digestOf(body);
  const { basis } = await versionIn(body, digest, await makeIndex(digest, body, content));
  const uid = { type: 'Lattice::Service', id: 'n7/web' };
  const { candidates, reasons } = basis.evaluate({
    principal: uid,
    action: { type: 'Lattice::Action', id: 'OverrideSecurity' },
    resource: { type: 'Lattice::SecurityOverride', id: 'hostPID' },
    context: {},
    own: [{ uid, attrs: { namespace: 'n7' }, parents: [] }],
  });
  expect(reasons).toEqual(['policy7']);
  expect(candidates.flatMap((part) => Object.keys(part))).toEqual(['policy7']);
});
