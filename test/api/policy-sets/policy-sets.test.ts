import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { ImpactSchema } from '../../../src/api/policy-sets/impact.ts';
import { createApp } from '../../../src/app.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { Isolate } from '../../../src/isolate.ts';
import { KEYS } from '../../../src/policy-sets/kv-keys.ts';
import { ChangeSchema } from '../../../src/policy-sets/policy-set-schemas.ts';
import { ADMIN } from '../../support/credentials.ts';
import { create, permit, point, published, publishText, standing, write } from '../../support/policy-sets.ts';
import { app, service } from '../../support/services.ts';
import { compilation, postJson, problem, send, yamlText } from '../../support/worker.ts';

let count = 0;
let name = '';

beforeEach(async () => {
  name = `set-${count++}`;
  await create(name);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const json = async (response: Response): Promise<unknown> => {
  expect(response.status).toBe(200);
  return response.json();
};
const FORBID_ALL = '@id("no")\nforbid (principal, action, resource);';

describe('sets', () => {
  test('are created once, empty, and say so', async () => {
    expect(await standing(name)).toMatchObject({
      name,
      archived: false,
      revision: 1,
      latest: null,
      aliases: [],
      corpus: null,
      pendingWrites: 0,
    });
    await problem(await write('POST', '/policy-sets', { name }), 'policy-set-exists');
  });

  test.each([
    ['an upper-case name', { name: 'Production' }, '/name'],
    ['no name', {}, '/name'],
    ['an unknown field', { name: 'other', owner: 'me' }, '/owner'],
    ['a long description', { name: 'other', description: 'x'.repeat(1_001) }, '/description'],
  ])('%s is refused', async (_, body, pointer) => {
    const { faults } = await problem(await write('POST', '/policy-sets', body), 'invalid-request');
    expect(faults?.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  test('are listed by name, in pages', async () => {
    const List = z.object({
      policySets: z.array(z.object({ name: z.string() })),
      nextCursor: z.string().nullable(),
    });
    const names: string[] = [];
    let cursor = '';
    do {
      const page = List.parse(await json(await send(`/policy-sets?limit=2${cursor}`)));
      expect(page.policySets.length).toBeLessThanOrEqual(2);
      names.push(...page.policySets.map((each) => each.name));
      cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (cursor !== '');
    expect(names).toContain(name);
    expect(names).toEqual([...new Set(names)].sort());
  });

  test('that do not exist are not found, whatever is asked of them', async () => {
    for (const path of ['', '/history', '/versions', '/versions/1', '/aliases/active', '/versions/1/diff/2'])
      await problem(await send(`/policy-sets/nope${path}`), 'policy-set-not-found');
    await problem(await publishText('nope', permit('a')), 'policy-set-not-found');
    await problem(
      await write('PUT', '/policy-sets/nope/aliases/active', { version: 1 }),
      'policy-set-not-found',
    );
    await problem(await write('POST', '/policy-sets/nope/archive', {}), 'policy-set-not-found');
  });

  test('when archived take no changes and decide nothing by alias, until restored', async () => {
    await publishText(name, permit('a'));
    await point(name, 1);
    const archived = await write('POST', `/policy-sets/${name}/archive`, { reason: 'Superseded.' });
    expect(await json(archived)).toMatchObject({ archived: true, revision: 4 });
    const by = (version: string) =>
      postJson(`/compile?policySet=${name}&version=${version}`, service([app()]));
    await problem(await by('active'), 'policy-set-archived');
    // What was compiled stays explicable.
    expect((await by('1')).status).toBe(200);
    await problem(await publishText(name, permit('b')), 'policy-set-archived');
    await problem(
      await write('PUT', `/policy-sets/${name}/aliases/active`, { version: 1 }),
      'policy-set-archived',
    );
    expect(await json(await write('POST', `/policy-sets/${name}/restore`, {}))).toMatchObject({
      archived: false,
    });
    expect((await by('active')).status).toBe(200);
  });
});

describe('conditions', () => {
  const WRITES: readonly (readonly [string, string, unknown])[] = [
    ['POST', '/versions', { policies: { b: permit('b') } }],
    ['PUT', '/aliases/staging', { version: 1 }],
    ['PUT', '/corpus', service([app()])],
    ['POST', '/archive', {}],
    ['POST', '/restore', {}],
  ];

  test.each(WRITES)('%s %s needs If-Match, and the current ETag in it', async (method, path, body) => {
    await publishText(name, permit('a'));
    const url = `/policy-sets/${name}${path}`;
    const request = (headers: Record<string, string>) =>
      send(url, {
        method,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      });
    await problem(await request({}), 'precondition-required');
    await problem(await request({ 'if-match': '' }), 'precondition-required');
    for (const stale of ['"1"', 'W/"2"', '2', '"x"', '"1", "3"', '""', '"2" "2"']) {
      const answer = await request({ 'if-match': stale });
      expect(answer.headers.get('etag')).toBe('"2"');
      await problem(answer, 'precondition-failed');
    }
    expect((await standing(name)).revision).toBe(2);
    const { etag } = Object.fromEntries((await send(`/policy-sets/${name}`)).headers);
    const done = await request({ 'if-match': `"77", ${etag}` });
    expect(done.status).toBeLessThan(300);
    expect(done.headers.get('etag')).toBe(`"${(await standing(name)).revision}"`);
  });

  test.each(WRITES)('%s %s with the same Idempotency-Key is done once', async (method, path, body) => {
    await publishText(name, permit('a'));
    const url = `/policy-sets/${name}${path}`;
    const headers = { 'if-match': '"2"', 'idempotency-key': '"8e03978e"' };
    const first = await write(method, url, body, headers);
    const { revision } = await standing(name);
    // The ETag is stale by now: what was done is not done again, so it does not matter.
    const again = await write(method, url, body, { ...headers, 'idempotency-key': '8e03978e' });
    expect(`${again.status} ${again.headers.get('etag')} ${await again.text()}`).toBe(
      `${first.status} ${first.headers.get('etag')} ${await first.text()}`,
    );
    expect(first.status).toBeLessThan(300);
    expect((await standing(name)).revision).toBe(revision);
    const { status } = await write(
      method,
      url,
      { ...Object(body), message: 'other', reason: 'other' },
      headers,
    );
    expect(status).toBe(422);
    await problem(
      await write('PUT', `/policy-sets/${name}/aliases/other`, { version: 1 }, headers),
      'idempotency-key-reused',
    );
  });

  test('a refused request does not use up its key', async () => {
    const headers = { 'idempotency-key': 'k' };
    await problem(await publishText(name, 'permit (', headers), 'version-rejected');
    expect((await publishText(name, permit('a'), headers)).status).toBe(201);
  });

  test.each(['', 'a b', 'ü', 'x'.repeat(256), '"'])('the key %j is refused', async (key) => {
    const answer = await publishText(name, permit('a'), {
      'idempotency-key': encodeURI(key) === key ? key : 'a\tb',
    });
    const { faults } = await problem(answer, 'invalid-request');
    expect(faults?.map(({ header }) => header)).toEqual(['Idempotency-Key']);
  });
});

describe('publishing', () => {
  test('numbers versions, and answers with the number, the digests and where it is', async () => {
    const answer = await publishText(name, permit('a'));
    expect(answer.headers.get('location')).toBe(`/policy-sets/${name}/versions/1`);
    const first = await published(answer);
    const second = await published(
      await write('POST', `/policy-sets/${name}/versions`, {
        policies: { b: permit('b'), c: permit('c') },
        message: 'why',
        author: 'Ada',
        tests: [
          {
            name: 't',
            principal: { namespace: 'a', name: 'b' },
            overrides: ['allowedBinary:/bin/b'],
            expect: { decision: 'allow' },
          },
        ],
      }),
    );
    expect(first).toMatchObject({ version: 1, policies: 1, tests: 0, message: '', author: '' });
    expect(second).toMatchObject({ version: 2, policies: 2, tests: 1, message: 'why', author: 'Ada' });
    expect(second.digest).not.toBe(first.digest);
  });

  test('the same content again is the version that there is, whatever is said of it', async () => {
    const first = await published(await publishText(name, permit('a')));
    await publishText(name, permit('b'));
    const again = await write('POST', `/policy-sets/${name}/versions`, {
      policies: { a: permit('a') },
      message: 'another message',
    });
    expect(again.status).toBe(200);
    expect(await published(again)).toEqual(first);
    expect((await standing(name)).revision).toBe(3);
  });

  test.each(['text/plain', 'application/cedar', 'text/plain; charset=utf-8', undefined])(
    'takes Cedar text as %s',
    async (type) => {
      const answer = await send(`/policy-sets/${name}/versions?message=why&author=Ada`, {
        method: 'POST',
        headers: { 'if-match': '*', ...(type === undefined ? {} : { 'content-type': type }) },
        body: new TextEncoder().encode(
          `// A comment; with a semicolon.\n${permit('a')}\r\n\r\n${permit('b;c')}`,
        ),
      });
      expect(await published(answer)).toMatchObject({ policies: 2, message: 'why', author: 'Ada' });
    },
  );

  test.each([
    ['application/xml', 'unsupported-media-type'],
    ['text/plain; charset=latin1', 'unsupported-media-type'],
  ] as const)('does not take %s', async (type, code) => {
    await problem(await publishText(name, permit('a'), { 'content-type': type }), code);
  });

  test.each([
    [
      'a Cedar text',
      (policies: readonly (readonly [string, string])[]) =>
        publishText(name, policies.map(([, text]) => text).join('\n')),
    ],
    [
      'JSON',
      (policies: readonly (readonly [string, string])[]) =>
        write('POST', `/policy-sets/${name}/versions`, { policies: Object.fromEntries(policies) }),
    ],
  ])('pauses again and again while a large version is read, as %s', async (_, publish) => {
    const policies = Array.from({ length: 2_000 }, (_, number): [string, string] => [
      `p${number}`,
      `@id("p${number}")\npermit (principal, action, resource) when { principal.name == "${number}" || principal.kind == "job" };`,
    ]);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    expect(await published(await publish(policies))).toMatchObject({ version: 1, policies: 2_000 });
    // Other requests are answered in the pauses. A small version has none.
    const pauses = timers.mock.calls.filter(([, milliseconds]) => milliseconds === 0).length;
    expect(pauses).toBeGreaterThan(15);
    timers.mockClear();
    await published(await publish(policies.slice(0, 20)));
    expect(timers.mock.calls.filter(([, milliseconds]) => milliseconds === 0)).toEqual([]);
  });

  test('does not decide anything by itself', async () => {
    await publishText(name, permit('a'));
    await problem(
      await postJson(`/compile?policySet=${name}`, service([app()])),
      'policy-set-version-not-found',
    );
  });

  test('a policy by id may leave its @id out', async () => {
    const policies = { plain: 'permit (principal, action, resource);' };
    await published(await write('POST', `/policy-sets/${name}/versions`, { policies }));
    const text = await (
      await send(`/policy-sets/${name}/versions/1`, { headers: { accept: 'text/plain' } })
    ).text();
    expect(text).toBe('@id("plain")\npermit (principal, action, resource);\n');
  });
});

/** Every gate, by a body that does not pass it, and what is said of it. */
const TEAM_SCHEMA = `namespace Lattice {
  entity Team;
  entity Namespace in [Team];
  type Label = { key: String, value: String };
  entity Service in [Namespace] = { namespace: String, name: String, kind: String, labels: Set<Label> } tags String;
  entity SecurityOverride = { override_id: String, category: String, path?: String };
  action OverrideSecurity appliesTo {
    principal: [Service], resource: [SecurityOverride],
    context: { implicit: Bool, container?: String, image?: String },
  };
}`;
const ok = { a: permit('a') };
/** As long as a policy may be, or nearly so. */
const LONG = `permit (principal, action, resource) when { [${'1,'.repeat(8_175)}1].contains(1) };`;
const testCase = (expected: object, overrides: unknown[] = ['allowedBinary:/bin/a']): object => ({
  name: 'case',
  principal: { namespace: 'shop', name: 'web' },
  overrides,
  expect: expected,
});

describe('the gates', () => {
  test.each<[string, object, readonly (readonly [gate: string, place: string, message: RegExp])[]]>([
    [
      'a syntax error',
      { policies: { a: '@id("a")\npermit (principal action, resource);' } },
      [['parse', '/policies/a a 2:19', /unexpected token `action`/]],
    ],
    [
      'two syntax errors in two policies, and a third thing',
      {
        policies: {
          a: 'permit (',
          b: 'forbid (principal, action, resource) when { 1 + };',
          c: 'permit (principal == Lattice::Foo::"x", action, resource);',
        },
      },
      [
        ['parse', '/policies/a a 1:9', /unexpected end of input/],
        ['parse', '/policies/b b 1:49', /unexpected token `}`/],
        ['schema', '/policies/c c 1:22', /unrecognized entity type `Lattice::Foo`; did you mean/],
      ],
    ],
    [
      'two policies under one id',
      { policies: { a: `${permit('a')}\n${permit('a')}` } },
      [['parse', '/policies/a a 3:1', /unexpected token|expected/]],
    ],
    [
      'a template',
      { policies: { a: 'permit (principal == ?principal, action, resource);' } },
      [['parse', '/policies/a a 1:22', /template|slot/]],
    ],
    [
      'another @id than its key',
      { policies: { a: permit('b') } },
      [['id', '/policies/a a', /@id is "b", but it stands under "a"/]],
    ],
    [
      'an empty id',
      { policies: { '': 'permit (principal, action, resource);' } },
      [['id', '/policies/ ', /1 to 255 characters/]],
    ],
    [
      'an id of 256 characters',
      { policies: { ['x'.repeat(256)]: 'permit (principal, action, resource);' } },
      [['id', `/policies/${'x'.repeat(256)} ${'x'.repeat(256)}`, /1 to 255/]],
    ],
    [
      'a control character in an id',
      { policies: { 'a\nb': 'permit (principal, action, resource);' } },
      [['id', '/policies/a\nb a\nb', /control characters/]],
    ],
    [
      'an attribute that the schema does not know',
      { policies: { a: 'permit (principal, action, resource)\nwhen { principal.namspace == "x" };' } },
      [['schema', '/policies/a a 2:8', /attribute `namspace`.*not found; did you mean `namespace`\?/]],
    ],
    [
      'an optional attribute without a check',
      { policies: { a: 'permit (principal, action, resource) when { resource.path == "/x" };' } },
      [['schema', '/policies/a a 1:45', /path/]],
    ],
    [
      'a type of its own without a schema of its own',
      { policies: { a: 'permit (principal in Lattice::Team::"x", action, resource);' } },
      [['schema', '/policies/a a 1:22', /unrecognized entity type `Lattice::Team`/]],
    ],
    [
      'a schema that does not parse',
      { policies: ok, schema: 'namespace Lattice {\n entity ;' },
      [['schema', '/schema 2:9', /unexpected token `;`/]],
    ],
    [
      'a schema that lacks what workloads ask',
      { policies: ok, schema: TEAM_SCHEMA.replace('image?: String', '') },
      [['schema', '/schema', /does not cover every request.*image/]],
    ],
    [
      'a schema that requires more than workloads have',
      { policies: ok, schema: TEAM_SCHEMA.replace('kind: String', 'kind: String, owner: String') },
      [['schema', '/schema', /does not cover.*owner/]],
    ],
    [
      'an entity of an unknown type',
      {
        policies: ok,
        entities: [
          { uid: { type: 'Lattice::Namespace', id: 'a' } },
          { uid: { type: 'Lattice::Team', id: 'x' } },
        ],
      },
      [['entities', '/entities/1', /`Lattice::Team` which is not declared/]],
    ],
    [
      'an attribute that its type does not have',
      { policies: ok, entities: [{ uid: { type: 'Lattice::Namespace', id: 'a' }, attrs: { size: 1 } }] },
      [['entities', '/entities/0', /size/]],
    ],
    [
      'an attribute that ours would hide from the schema, but not from Cedar',
      {
        policies: ok,
        entities: [{ uid: { type: 'Lattice::Service', id: 'shop/web' }, attrs: { kind: null } }],
      },
      [['entities', '/entities/0', /null/]],
    ],
    [
      'an entity listed twice, in two spellings',
      {
        policies: ok,
        entities: [
          { uid: { type: 'Lattice::Namespace', id: 'a' } },
          { uid: { __entity: { type: 'Lattice::Namespace', id: 'a' } } },
        ],
      },
      [['entities', '/entities/1', /listed twice/]],
    ],
    [
      'entities in a circle',
      {
        policies: ok,
        schema: TEAM_SCHEMA.replace('entity Team;', 'entity Team in [Team];'),
        entities: ['x', 'y'].map((id) => ({
          uid: { type: 'Lattice::Team', id },
          parents: [{ type: 'Lattice::Team', id: id === 'x' ? 'y' : 'x' }],
        })),
      },
      [['entities', '/entities', /32 generations of parents, and is not its own/]],
    ],
    [
      'a policy of too many words and signs',
      { policies: { a: LONG.replace('1,', '1,'.repeat(20)) } },
      [['parse', '/policies/a a 1:1', /at most 16384 words, literals and signs/]],
    ],
    [
      'policies of too many words and signs in all',
      { policies: Object.fromEntries(Array.from({ length: 62 }, (_, index) => [`p${index}`, LONG])) },
      [['size', '/policies', /at most 1000000 words, literals and signs/]],
    ],
    ['no policy', { policies: {} }, [['parse', '/policies', /There is no policy/]]],
    [
      'too many policies',
      {
        policies: Object.fromEntries(
          Array.from({ length: 10_001 }, (_, index) => [
            `p${index}`,
            'permit (principal, action, resource);',
          ]),
        ),
      },
      [['size', '/policies', /at most 10000 policies; there are more/]],
    ],
    [
      'more than 4 MiB',
      { policies: { a: `// ${'x'.repeat(LIMITS.versionBytes)}\n${permit('a')}` } },
      [['size', '', /at most 4194304 bytes/]],
    ],
    [
      'a test that expects an allow',
      { policies: ok, tests: [testCase({ decision: 'allow' }, ['hostPID'])] },
      [
        [
          'tests',
          '/tests/0',
          /Test "case": hostPID is denied \(NoPermitPolicy\) by no policy; expected allow/,
        ],
      ],
    ],
    [
      'a test that expects a denial',
      { policies: ok, tests: [testCase({ decision: 'allow' }), testCase({ decision: 'deny' })] },
      [['tests', '/tests/1', /is allowed by a; expected deny/]],
    ],
    [
      'a test that expects another reason',
      { policies: ok, tests: [testCase({ decision: 'deny', reason: 'ExplicitForbid' }, ['hostPID'])] },
      [['tests', '/tests/0', /NoPermitPolicy.*expected ExplicitForbid/]],
    ],
    [
      'a test that expects other policies',
      { policies: ok, tests: [testCase({ decision: 'allow', policies: ['b'] })] },
      [['tests', '/tests/0', /decided by \[a\]; expected \[b\]/]],
    ],
  ])('%s is refused, and placed', async (_, body, expected) => {
    for (const path of ['versions:check', 'versions']) {
      const { faults = [] } = await problem(
        await write('POST', `/policy-sets/${name}/${path}`, body),
        'version-rejected',
      );
      const places = faults.map(({ gate, pointer, policy, policyLine, policyColumn }) => [
        gate,
        [pointer, policy, policyLine === undefined ? undefined : `${policyLine}:${policyColumn}`]
          .filter((part) => part !== undefined)
          .join(' '),
      ]);
      expect(places).toEqual(expected.map(([gate, place]) => [gate, place]));
      for (const [index, [, , message]] of expected.entries())
        expect(faults[index]?.message).toMatch(message);
    }
    expect((await standing(name)).latest).toBeNull();
  });

  test('a Cedar text of nothing but semicolons is not judged one by one', async () => {
    const { faults } = await problem(await publishText(name, ';'.repeat(1_000_000)), 'version-rejected');
    expect(faults).toMatchObject([
      { gate: 'size', message: expect.stringContaining('at most 10000 policies') },
    ]);
  });

  test('a Cedar text is judged policy by policy, and all places are in the body', async () => {
    const text = [
      '// é: offsets are characters, not bytes',
      '@id("a") permit (principal, action, resource) when { foo };',
      '@id("b")',
      'permit (principal action, resource);',
      'permit (principal, action, resource);',
      '@id("c") permit (principal, action, resource) when { principal.nam == "x" };',
      '@id("d") permit (principal, action, resource);',
      '@id("d") forbid (principal, action, resource);',
      '@id("e") permit (principal, action, resource)',
    ].join('\n');
    const { faults = [] } = await problem(await publishText(name, text), 'version-rejected');
    expect(
      faults.map(({ gate, line, column, policy }) => `${gate} ${line}:${column} ${policy}`).sort(),
    ).toEqual([
      'id 5:1 undefined',
      'id 8:1 d',
      'parse 2:54 a',
      'parse 4:19 b',
      'parse 9:46 e',
      'schema 6:54 c',
    ]);
  });

  test('a set may extend the schema, and its entities then have more types', async () => {
    const body = {
      schema: TEAM_SCHEMA,
      policies: { teams: 'permit (principal in Lattice::Team::"platform", action, resource);' },
      entities: [
        { uid: { type: 'Lattice::Team', id: 'platform' } },
        {
          uid: { type: 'Lattice::Namespace', id: 'infra' },
          parents: [{ type: 'Lattice::Team', id: 'platform' }],
        },
        // What is said of a workload or an override in every request need not be said here.
        {
          uid: { type: 'Lattice::Service', id: 'shop/web' },
          parents: [{ type: 'Lattice::Namespace', id: 'infra' }],
        },
        { uid: { type: 'Lattice::SecurityOverride', id: 'hostPID' } },
      ],
      tests: [
        {
          ...testCase({ decision: 'allow', policies: ['teams'] }, ['hostPID']),
          principal: { namespace: 'infra', name: 'agent' },
        },
        { ...testCase({ decision: 'allow' }, ['hostPID']), principal: { namespace: 'shop', name: 'web' } },
        { ...testCase({ decision: 'deny' }, ['hostPID']), principal: { namespace: 'shop', name: 'other' } },
      ],
    };
    expect(await json(await write('POST', `/policy-sets/${name}/versions:check`, body))).toMatchObject({
      policies: 1,
      tests: { passed: 3, total: 3 },
      warnings: [],
    });
    await published(await write('POST', `/policy-sets/${name}/versions`, body));
    const { content } = z
      .object({ content: z.unknown() })
      .parse(await json(await send(`/policy-sets/${name}/versions/1`)));
    expect(content).toMatchObject({ schema: TEAM_SCHEMA, tests: [{ name: 'case' }, {}, {}] });
  });

  test('a policy that can never apply passes with a warning', async () => {
    const policies = {
      a: permit('a'),
      never: 'permit (principal, action == Lattice::Action::"OverrideSecurity", resource) when { false };',
    };
    const { warnings } = z
      .object({ warnings: z.array(z.object({ policy: z.string(), message: z.string() })) })
      .parse(await json(await write('POST', `/policy-sets/${name}/versions:check`, { policies })));
    expect(warnings.map(({ policy }) => policy)).toEqual(['never']);
  });

  test.each([
    ['an unknown field', { policies: ok, owner: 'me' }, '/owner'],
    [
      'an unknown setting',
      { policies: ok, settings: { authorizeEntrypoint: true } },
      '/settings/authorizeEntrypoint',
    ],
    [
      'a test without an override',
      { policies: ok, tests: [testCase({ decision: 'allow' }, [])] },
      '/tests/0/overrides',
    ],
    [
      'a test of no such override',
      { policies: ok, tests: [testCase({ decision: 'allow' }, ['hostPid'])] },
      '/tests/0/overrides/0',
    ],
    [
      'an expectation that is misspelt',
      { policies: ok, tests: [testCase({ decision: 'allow', policy: ['a'] })] },
      '/tests/0/expect/policy',
    ],
  ])('%s is refused before the gates', async (_, body, pointer) => {
    const { faults } = await problem(
      await write('POST', `/policy-sets/${name}/versions`, body),
      'invalid-request',
    );
    expect(faults?.map((fault) => fault.pointer)).toEqual([pointer]);
  });
});

describe('versions', () => {
  const TEXT = `// Why a is there.\n${permit('a')}\n\n${permit('b')}\n`;

  test('are read as JSON or as Cedar text, comments and all, by number, digest and alias', async () => {
    const { digest, version } = await published(await publishText(name, TEXT));
    await point(name, 1, 'staging');
    for (const reference of [String(version), digest, 'staging']) {
      const url = `/policy-sets/${name}/versions/${reference}`;
      const answer = await send(url);
      expect(answer.headers.get('etag')).toBe(`"${digest}"`);
      expect(await json(answer)).toMatchObject({
        version,
        digest,
        content: { policies: { b: permit('b') } },
      });
      for (const type of ['text/plain', 'application/cedar']) {
        const text = await send(url, { headers: { accept: type } });
        expect(text.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
        expect(await yamlText(text)).toBe(TEXT);
      }
    }
  });

  test('a text that is read can be published again, and is the same version', async () => {
    await publishText(name, TEXT);
    const text = await (
      await send(`/policy-sets/${name}/versions/1`, { headers: { accept: 'text/plain' } })
    ).text();
    expect((await publishText(name, text)).status).toBe(200);
  });

  test.each([
    {
      what: 'a comment above a policy goes with it, whatever place its id has',
      sent: `// Of z.\n${permit('z')}\n// Of a,\n// in two lines.\n${permit('a')}\n`,
      kept: `// Of a,\n// in two lines.\n${permit('a')}\n\n// Of z.\n${permit('z')}\n`,
    },
    {
      what: 'the header of a file goes with no policy',
      sent: `// The team's policies; all of them.\n\n${permit('z')}\n\n${permit('a')}\n`,
      kept: `${permit('a')}\n\n${permit('z')}\n`,
    },
    {
      what: 'a header is told from the comment above the first policy',
      sent: `// A header.\r\n \r\n// Of z.\r\n${permit('z')}\r\n${permit('a')}`,
      kept: `${permit('a')}\n\n// Of z.\r\n${permit('z')}\n`,
    },
    {
      what: 'a comment behind a policy stays behind it',
      sent: `${permit('z')} // Until May.\n${permit('a')}\n// The end.\n`,
      kept: `${permit('a')}\n\n${permit('z')} // Until May.\n`,
    },
    {
      what: 'a blank line within a policy parts nothing',
      sent: `// Of a.\n@id("a")\n\n// Everybody.\n\npermit (principal, action, resource);\n`,
      kept: `// Of a.\n@id("a")\n\n// Everybody.\n\npermit (principal, action, resource);\n`,
    },
  ])('$what', async ({ sent, kept }) => {
    await published(await publishText(name, sent));
    const read = () => send(`/policy-sets/${name}/versions/1`, { headers: { accept: 'text/plain' } });
    expect(await yamlText(await read())).toBe(kept);
    expect((await publishText(name, kept)).status).toBe(200);
  });

  test.each(['2', 'production', `sha256:${'0'.repeat(64)}`])('there is no %s', async (reference) => {
    await publishText(name, permit('a'));
    for (const path of [`/versions/${reference}`, `/versions/1/diff/${reference}`])
      await problem(await send(`/policy-sets/${name}${path}`), 'policy-set-version-not-found');
    await problem(
      await write('PUT', `/policy-sets/${name}/aliases/active`, { version: reference }),
      'policy-set-version-not-found',
    );
  });

  test.each(['0', '-1', '1.5', 'Active', 'sha256:0', '%20'])('%s is not a reference', async (reference) => {
    await problem(await send(`/policy-sets/${name}/versions/${reference}`), 'invalid-request');
  });

  test('are listed newest first, in pages', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await publishText(name, permit(id));
    const List = z.object({
      versions: z.array(z.object({ version: z.int() })),
      nextCursor: z.string().nullable(),
    });
    const pages: number[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.output<typeof List> = List.parse(
        await json(await send(`/policy-sets/${name}/versions?limit=2${cursor}`)),
      );
      pages.push(page.versions.map(({ version }) => version));
      cursor = page.nextCursor === null ? null : `&cursor=${page.nextCursor}`;
    }
    expect(pages).toEqual([[5, 4], [3, 2], [1]]);
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'cursor=-1', 'page=2'])(
    'a list does not take %s',
    async (query) => {
      for (const list of ['versions', 'history'])
        await problem(await send(`/policy-sets/${name}/${list}?${query}`), 'invalid-request');
    },
  );

  test('an unpublished set has none', async () => {
    expect(await json(await send(`/policy-sets/${name}/versions`))).toEqual({
      versions: [],
      nextCursor: null,
    });
  });

  test('are compared: policies by id, the rest by part, and all as a unified diff', async () => {
    const url = `/policy-sets/${name}/versions`;
    await published(
      await write('POST', url, { policies: { a: permit('a'), b: permit('b'), c: permit('c') } }),
    );
    await published(
      await write('POST', url, {
        policies: { a: permit('a'), b: permit('b', '/bin/other'), d: permit('d') },
        settings: { authorizeEntrypoints: true },
      }),
    );
    const answer = await json(await send(`${url}/1/diff/2`));
    expect(answer).toMatchObject({
      before: { name, version: 1 },
      after: { name, version: 2 },
      policies: { added: ['d'], removed: ['c'], changed: ['b'] },
      other: ['settings'],
    });
    const text = await send(`${url}/1/diff/2`, { headers: { accept: 'text/x-diff' } });
    expect(text.headers.get('content-type')).toBe('text/x-diff; charset=utf-8');
    expect(await yamlText(text)).toBe(`--- a/policies/b.cedar
+++ b/policies/b.cedar
@@ -1,2 +1,2 @@
 @id("b")
-permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/bin/b");
+permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/bin/other");
--- a/policies/c.cedar
+++ /dev/null
@@ -1,2 +0,0 @@
-@id("c")
-permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/bin/c");
--- /dev/null
+++ b/policies/d.cedar
@@ -0,0 +1,2 @@
+@id("d")
+permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/bin/d");
--- a/settings.json
+++ b/settings.json
@@ -1,3 +1,3 @@
 {
-  "authorizeEntrypoints": false
+  "authorizeEntrypoints": true
 }
`);
    expect(await json(await send(`${url}/2/diff/2`))).toMatchObject({ other: [], unified: '' });
  });

  test('that differ in every line are compared in no time to speak of', async () => {
    const lines = (word: string): string =>
      Array.from({ length: 20_000 }, (_, index) => `// ${word} ${index}`).join('\n');
    for (const word of ['left', 'right'])
      await published(await publishText(name, `${lines(word)}\n${permit('a')}`));
    expect(await json(await send(`/policy-sets/${name}/versions/1/diff/2`))).toMatchObject({
      policies: { changed: ['a'] },
    });
  });

  test('whose stored content is another are refused and reported', async () => {
    const { digest } = await published(await publishText(name, permit('torn')));
    await env.POLICY_SETS.put(
      KEYS.body(digest),
      (await env.POLICY_SETS.get(KEYS.body(digest)))?.replace('permit', 'forbid') ?? '',
    );
    await env.POLICY_SETS.put(KEYS.index(digest), 'torn');
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    await problem(await send(`/policy-sets/${name}/versions/1`), 'policy-set-corrupt');
    await problem(
      await postJson(`/compile?policySet=${name}&version=1`, service([app()])),
      'policy-set-corrupt',
    );
    expect(logged.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      expect.objectContaining({ event: 'policy-set-corrupt', digest }),
      expect.objectContaining({ event: 'policy-set-corrupt', digest }),
    ]);
  });
});

describe('aliases', () => {
  test('activate, roll back, and follow one another; history tells it all', async () => {
    await publishText(name, permit('a'));
    await write('POST', `/policy-sets/${name}/versions`, { policies: { b: permit('b') }, message: 'second' });
    expect(await point(name, 2, 'staging')).toMatchObject({ alias: 'staging', version: 2 });
    await point(name, 'staging', 'active', { reason: 'promote' });
    await point(name, 1, 'active', { reason: 'roll back' });
    expect(await json(await send(`/policy-sets/${name}/aliases/active`))).toMatchObject({ version: 1 });
    await problem(await send(`/policy-sets/${name}/aliases/other`), 'policy-set-version-not-found');
    const { changes } = z
      .object({ changes: z.array(ChangeSchema) })
      .parse(await json(await send(`/policy-sets/${name}/history`)));
    expect(
      changes.map(({ revision, kind, by, reason, alias, before, after }) =>
        [revision, kind, by, reason, alias, before, after].join(' '),
      ),
    ).toEqual([
      '6 pointed tracewright#admin roll back active 2 1',
      '5 pointed tracewright#admin promote active  2',
      '4 pointed tracewright#admin  staging  2',
      '3 published tracewright#admin second  1 2',
      '2 published tracewright#admin    1',
      '1 created tracewright#admin    ',
    ]);
    expect(changes.every(({ at }) => Date.parse(at) > Date.parse('2020-01-01'))).toBe(true);
  });

  test('setting one to what it is changes nothing', async () => {
    await publishText(name, permit('a'));
    const first = await point(name, 1);
    const { revision } = await standing(name);
    expect(await point(name, 1)).toEqual(first);
    expect((await standing(name)).revision).toBe(revision);
  });

  test.each(['7', 'Active', '-a', 'a_b', 'x'.repeat(64)])('%s is not one', async (alias) => {
    await problem(
      await write('PUT', `/policy-sets/${name}/aliases/${alias}`, { version: 1 }),
      'invalid-request',
    );
  });

  test.each([[{}], [{ version: 0 }], [{ version: 1.5 }], [{ version: 'No' }], [{ version: 1, force: true }]])(
    'cannot be set by %j',
    async (body) => {
      await problem(await write('PUT', `/policy-sets/${name}/aliases/active`, body), 'invalid-request');
    },
  );
});

describe('impact', () => {
  const services = service([
    app({ allowedBinaries: ['/bin/a', '/bin/b'] }),
    { ...app({ allowedBinaries: ['/bin/c'] }), name: 'other' },
  ]);
  const impact = async (version: string, query = ''): Promise<z.output<typeof ImpactSchema>> =>
    ImpactSchema.parse(
      await json(await postJson(`/policy-sets/${name}/versions/${version}/impact${query}`, services)),
    );
  const shown = ({ changes }: z.output<typeof ImpactSchema>): string[] =>
    changes.map(
      ({ override, container, before, after, causes }) =>
        `${container} ${override}: ${before?.decision ?? 'none'} > ${after?.decision ?? 'none'} for ${causes.map((cause) => `${cause.policy} ${cause.effect} ${cause.change}`).join(', ')}`,
    );

  test('names each decision that would change, and the policies that cause it', async () => {
    await publishText(name, `${permit('a')}\n${permit('b')}\n${permit('c')}`);
    await point(name, 1);
    await publishText(
      name,
      `${permit('a')}\n${permit('b')}\n@id("c") permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/bin/c") when { false };\n@id("no-b") forbid (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/bin/b");`,
    );
    const found = await impact('2');
    expect(found).toMatchObject({
      base: { version: 1 },
      candidate: { version: 2 },
      newDenials: 2,
      newPermits: 0,
      unchanged: 1,
    });
    expect(shown(found)).toEqual([
      'app allowedBinary:/bin/b: allow > deny for b permit unchanged, no-b forbid added',
      'other allowedBinary:/bin/c: allow > deny for c permit changed',
    ]);
    const back = await impact('1', '?against=2');
    expect(shown(back)).toEqual([
      'app allowedBinary:/bin/b: deny > allow for no-b forbid removed, b permit unchanged',
      'other allowedBinary:/bin/c: deny > allow for c permit changed',
    ]);
    expect(await impact('1')).toMatchObject({ newDenials: 0, newPermits: 0, unchanged: 3, changes: [] });
  });

  test('before the first activation, everything permitted is new', async () => {
    await publishText(name, permit('a'));
    const found = await impact('1');
    expect(found).toMatchObject({ base: null, newDenials: 0, newPermits: 1, unchanged: 2 });
    await problem(
      await postJson(`/policy-sets/${name}/versions/1/impact?against=staging`, services),
      'policy-set-version-not-found',
    );
  });

  test('tells when a version asks for more', async () => {
    const policies = { ...ok, b: permit('b'), c: permit('c') };
    await write('POST', `/policy-sets/${name}/versions`, { policies });
    await point(name, 1);
    await write('POST', `/policy-sets/${name}/versions`, {
      policies,
      settings: { authorizeEntrypoints: true },
    });
    expect(shown(await impact('2'))).toEqual([
      'app allowedBinary:/bin/app: none > deny for ',
      'other allowedBinary:/bin/app: none > deny for ',
    ]);
  });

  test('an activation may insist on no new denials in the corpus of the set', async () => {
    await publishText(name, permit('a'));
    await publishText(name, `${permit('a')}\n${permit('b')}\n${permit('c')}`);
    await publishText(name, FORBID_ALL);
    const activate = (version: number, alias = 'active') =>
      write('PUT', `/policy-sets/${name}/aliases/${alias}`, { version, requireNoNewDenials: true });
    await problem(await activate(1), 'corpus-missing');
    const stored = await write('PUT', `/policy-sets/${name}/corpus?reason=why`, services);
    expect(await json(stored)).toMatchObject({ services: 1 });
    expect(await json(await send(`/policy-sets/${name}/corpus`))).toEqual(services);
    // Nothing is permitted before the first activation, so nothing can be newly denied.
    expect((await activate(1)).status).toBe(200);
    expect((await activate(2)).status).toBe(200);
    const { changes = [] } = await problem(await activate(1), 'new-denials');
    expect(
      changes.map(
        ({ override, causes }) => `${override} ${causes.map(({ policy, change }) => `${policy} ${change}`)}`,
      ),
    ).toEqual(['allowedBinary:/bin/b b removed', 'allowedBinary:/bin/c c removed']);
    expect((await standing(name)).aliases).toMatchObject([{ alias: 'active', version: 2 }]);
    expect((await activate(3, 'staging')).status).toBe(200);
    // Without insisting, a rollback is always possible.
    await point(name, 1);
  });

  test('a corpus holds services, or is refused', async () => {
    await problem(await write('PUT', `/policy-sets/${name}/corpus`, { kind: 'Nope' }), 'invalid-request');
    await problem(await send(`/policy-sets/${name}/corpus`), 'corpus-missing');
  });

  test('a corpus of YAML is kept as it was written', async () => {
    const text = `# Ours.\n${JSON.stringify(services)}\n`;
    const answer = await send(`/policy-sets/${name}/corpus`, {
      method: 'PUT',
      body: text,
      headers: { 'content-type': 'application/yaml', 'if-match': '*' },
    });
    expect(answer.status).toBe(200);
    expect(await yamlText(await send(`/policy-sets/${name}/corpus`))).toBe(text);
  });
});

describe('speed: what an isolate has seen it does not read again', () => {
  const isolate = new Isolate();

  /** The keys that requests read from KV. */
  async function reads(seconds: string, id: string, paths: readonly string[]): Promise<string[]> {
    const get = vi.spyOn(env.POLICY_SETS, 'get');
    const worker = createApp(isolate);
    for (const path of paths) {
      const answer = await worker.request(
        path,
        {
          method: 'POST',
          body: JSON.stringify(service([app({ allowedBinaries: [`/bin/${id}`] })])),
          headers: { ...ADMIN, 'content-type': 'application/json' },
        },
        { ...env, ALIAS_CACHE_SECONDS: seconds, MANAGEMENT_POLICIES: 'built-in' },
      );
      expect(answer.status).toBe(200);
    }
    const keys = get.mock.calls.map(([key]) =>
      String(key)
        .replace(`v1/set/${name}/`, '')
        .replace(/sha256:.*/, ''),
    );
    get.mockRestore();
    return keys;
  }

  test('an alias is read again when its time is over, a body never', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const id = `unseen-${name}`;
    const unseen = await published(await publishText(name, permit(id)));
    await point(name, unseen.version);
    const compile = `/compile?policySet=${name}`;
    expect(await reads('30', id, [compile, compile])).toEqual(['alias/active', 'v1/index/4/', 'v1/page/']);
    vi.setSystemTime(Date.now() + 29_000);
    expect(await reads('30', id, [compile])).toEqual([]);
    vi.setSystemTime(Date.now() + 2_000);
    expect(await reads('30', id, [compile, compile])).toEqual(['alias/active']);
    expect(await reads('0', id, [compile, compile])).toEqual(['alias/active', 'alias/active']);
  });

  test('a number or a digest is read once', async () => {
    const id = `pinned-${name}`;
    const { digest } = await published(await publishText(name, permit(id)));
    const byNumber = `/compile?policySet=${name}&version=1`;
    const byDigest = `/compile?policySet=${name}&version=${digest}`;
    expect(await reads('0', id, [byNumber, byNumber, byDigest, byDigest])).toEqual([
      'version/1',
      'v1/index/4/',
      'v1/page/',
      'digest/',
    ]);
    expect(await reads('0', id, [byNumber, byDigest])).toEqual([]);
  });

  test('the isolate that moves an alias decides by it at once', async () => {
    await publishText(name, permit('a'));
    await publishText(name, permit('b'));
    const bindings = { ...env, ALIAS_CACHE_SECONDS: '60' };
    const decidedBy = async (): Promise<number> =>
      (
        await compilation(
          await createApp(new Isolate()).request(
            `/compile?policySet=${name}`,
            {
              method: 'POST',
              body: JSON.stringify(service([app()])),
              headers: { ...ADMIN, 'content-type': 'application/json' },
            },
            bindings,
          ),
        )
      ).policySet.version;
    await point(name, 1);
    expect(await decidedBy()).toBe(1);
    await point(name, 2);
    expect(await decidedBy()).toBe(2);
  });

  test.each(['29', '61', '-1', 'x', '', '030'])('a cache of %j seconds is refused', async (seconds) => {
    await publishText(name, permit('a'));
    await point(name, 1);
    const answer = await createApp(new Isolate()).request(
      `/compile?policySet=${name}`,
      {
        method: 'POST',
        body: JSON.stringify(service([app()])),
        headers: { ...ADMIN, 'content-type': 'application/json' },
      },
      { ...env, ALIAS_CACHE_SECONDS: seconds },
    );
    expect((await problem(answer, 'not-configured')).detail).toContain('ALIAS_CACHE_SECONDS');
  });
});

test('manifests and answers name the version and digest that decided', async () => {
  const { digest } = await published(await publishText(name, permit('a')));
  await point(name, 1);
  for (const layout of ['per-policy', 'merged', 'shared']) {
    const answer = await postJson(
      `/compile?policySet=${name}&layout=${layout}`,
      service([app({ runAsNonRoot: true })]),
    );
    const { policySet, manifests } = await compilation(answer);
    expect(policySet).toEqual({ name, version: 1, digest });
    expect(manifests.length).toBeGreaterThan(0);
    for (const { metadata } of manifests) {
      expect(metadata.annotations).toMatchObject({
        'lattice.dev/policy-set': name,
        'lattice.dev/policy-set-version': '1',
        'lattice.dev/policy-set-digest': digest,
      });
    }
  }
});

test.each([
  ['DELETE', '/policy-sets/x', 'GET'],
  ['PATCH', '/policy-sets/x/versions', 'GET and POST'],
  ['POST', '/policy-sets/x/aliases/active', 'GET and PUT'],
])('%s %s is not there; the answer says what is', async (method, path, methods) => {
  const { detail } = await problem(await send(path, { method }), 'method-not-allowed');
  expect(detail).toBe(`${path} answers ${methods}.`);
});
