import { beforeAll, describe, expect, test, vi } from 'vitest';
import module from '../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm?module';
import lattice from '../../src/cedar/lattice.cedarschema';
import { patternSize, policyDepth } from '../../src/cedar/policy-extent.ts';
import { entitiesProblem } from '../../src/cedar/validation/entity-extent.ts';
import { schemaDepth, schemaExtent } from '../../src/cedar/validation/schema-extent.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { create, permit, point, publishText, standing, write } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { postJson, problem, send } from '../support/worker.ts';

const when = (condition: string): string =>
  `@id("deep")\npermit (principal, action, resource) when { ${condition} };`;

/** Ways to be deep, each as a policy that is as deep as it is told. */
const DEEP: Readonly<Record<string, (steps: number) => string>> = {
  parentheses: (steps) => when(`${'('.repeat(steps)}true${')'.repeat(steps)}`),
  sets: (steps) => when(`${'['.repeat(steps)}1${']'.repeat(steps)} == [1]`),
  records: (steps) => when(`${'{a: '.repeat(steps)}1${'}'.repeat(steps)} == {}`),
  and: (steps) => when(Array.from({ length: steps }, () => 'true').join(' && ')),
  or: (steps) => when(Array.from({ length: steps }, () => 'principal.name == "x"').join(' || ')),
  'if within if': (steps) => when(`${'if true then '.repeat(steps)}true${' else true'.repeat(steps)}`),
  'else if': (steps) => when(`${'if context.implicit then true else '.repeat(steps)}true`),
  attributes: (steps) => when(`principal${'.name'.repeat(steps)} == "x"`),
  indices: (steps) => when(`principal${'["name"]'.repeat(steps)} == "x"`),
  calls: (steps) => when(`principal${'.hasTag("x")'.repeat(steps)}`),
  sums: (steps) => when(`1 == ${Array.from({ length: steps }, () => '1').join(' + ')}`),
  products: (steps) => when(`1 == ${Array.from({ length: steps }, () => '1').join(' * ')}`),
  comparisons: (steps) => when(`${'(true == '.repeat(steps)}true${')'.repeat(steps)}`),
  negations: (steps) => when(`${'!('.repeat(steps)}true${')'.repeat(steps)}`),
  alternation: (steps) => when(`${'(false || true && '.repeat(steps)}true${')'.repeat(steps)}`),
  'left alternation': (steps) => when(`${'('.repeat(steps)}true${' && true || false)'.repeat(steps)}`),
  clauses: (steps) => when(`true } ${'unless { false } '.repeat(steps)} when { true`),
  'clauses of long conditions': (steps) =>
    when(`true } ${`when { ${'true && '.repeat(60)}true } `.repeat(steps)} when { true`),
  'unclosed parentheses': (steps) => when('('.repeat(steps)),
};

/** The deepest policy of a kind that the bound lets pass. */
function deepest(make: (steps: number) => string): string {
  let steps = 1;
  while (policyDepth(make(steps + 1)) <= LIMITS.policyDepth) steps += 1;
  expect(steps).toBeGreaterThan(15);
  return make(steps);
}

let count = 0;

describe('policies', () => {
  test.each(Object.entries(DEEP))(
    '%s: as deep as may be is judged, deeper is refused, and Cedar is unharmed',
    async (_, make) => {
      const name = `deep-${count++}`;
      await create(name);
      const answer = await publishText(name, deepest(make));
      expect([201, 422]).toContain(answer.status);
      if (answer.status === 201) {
        await point(name, 1);
        const asked = { principal: { namespace: 'a', name: 'b' }, overrides: ['hostPID'] };
        expect((await postJson(`/authorize?policySet=${name}`, asked)).status).toBe(200);
      }
      for (const steps of [1_000, 100_000]) {
        const text = make(steps);
        if (text.length > 2_000_000) continue;
        const { faults } = await problem(await publishText(name, text), 'version-rejected');
        expect(faults?.[0]?.message).toContain('nested too deeply');
      }
      expect((await publishText(name, permit('sound'))).status).toBe(201);
      await point(name, (await standing(name)).latest?.version ?? 0);
      expect((await postJson(`/compile?policySet=${name}`, service([app()]))).status).toBe(200);
    },
  );

  test.each([
    [
      'a list of conditions',
      Array.from({ length: 50 }, (_, index) => `when { principal.name == "x${index}" }`).join('\n'),
      60,
    ],
    [
      'a long set',
      `when { [${Array.from({ length: 1_000 }, (_, index) => `"x${index}"`).join(', ')}].contains(principal.name) }`,
      20,
    ],
    ['what a string or a comment holds', `when { principal.name == "((((((\\"((((" } // ((((((((`, 20],
  ])('%s is not deep', (_, conditions, bound) => {
    expect(policyDepth(`permit (principal, action, resource) ${conditions};`)).toBeLessThan(bound);
  });
});

describe('schemas', () => {
  const attribute = (type: string): string => `namespace Lattice { entity A = { a: ${type} }; }`;

  test.each([
    [
      'sets within sets',
      attribute(`${'Set<'.repeat(1_000)}String${'>'.repeat(1_000)}`),
      /brackets at most 32 deep/,
    ],
    [
      'records within records',
      attribute(`${'{a: '.repeat(1_000)}String${'}'.repeat(1_000)}`),
      /brackets at most 32 deep/,
    ],
    ['a long text', `// ${'x'.repeat(40_000)}\n${attribute('String')}`, /at most 32768 characters/],
    [
      'types that use one another twice',
      `namespace Lattice { ${Array.from({ length: 60 }, (_, index) => `type T${index} = { a: T${index + 1}, b: T${index + 1} };`).join('\n')} type T60 = String; entity A = { a: T0 }; }`,
      /at most 10000 types/,
    ],
  ])('%s are refused before Cedar is asked', async (_, schema, message) => {
    const name = `schema-${count++}`;
    await create(name);
    const body = { policies: { a: permit('a') }, schema };
    const { faults } = await problem(
      await write('POST', `/policy-sets/${name}/versions`, body),
      'version-rejected',
    );
    expect(faults?.map((fault) => fault.message)).toEqual([expect.stringMatching(message)]);
  });

  test('that are like real ones are far below the bounds', () => {
    const schema = attribute('{ owner: { team: String, tags: Set<String> } }');
    expect(schemaDepth(schema)).toBe(5);
    expect(schemaExtent(schema)).toEqual({ types: 8, names: 1, requests: 0 });
  });
});

test.each([33, 5_000])('a chain of %i entities is refused before Cedar is asked', async (length) => {
  const name = `chain-${count++}`;
  await create(name);
  const uid = (index: number) => ({ type: 'Lattice::Namespace', id: `n${index}` });
  const entities = Array.from({ length }, (_, index) => ({ uid: uid(index), parents: [uid(index + 1)] }));
  const body = { policies: { a: permit('a') }, entities };
  const { faults } = await problem(
    await write('POST', `/policy-sets/${name}/versions`, body),
    'version-rejected',
  );
  expect(faults?.map((fault) => fault.message)).toEqual([expect.stringContaining('32 generations')]);
});

describe("Cedar's memory, which never shrinks,", () => {
  let initSync: typeof import('@cedar-policy/cedar-wasm/web')['initSync'];
  // Other test files have made the memory grow that they share, in which there is room.
  beforeAll(async () => {
    vi.resetModules();
    ({ initSync } = await import('@cedar-policy/cedar-wasm/web'));
    await send('/healthz');
    expect(memory()).toBeLessThan(4);
  });

  /** In MiB. It is instantiated already, and this answers with what it was given then. */
  const memory = (): number => initSync({ module }).memory.buffer.byteLength / 1_048_576;
  const names = (count: number, name: string): string =>
    Array.from({ length: count }, (_, index) => `${name}${index}`).join(', ');
  const like = (characters: number, between = ' '): string =>
    when(`resource.override_id like${between}"${'*a'.repeat(characters / 2)}"`);
  const within = (more: string): string =>
    lattice.replace('namespace Lattice {', `namespace Lattice { ${more}`);
  const uid = (id: string) => ({ type: 'Lattice::Team', id });
  const TEAMS = 'entity Team in [Team] = { numbers?: Set<Long> };';
  const allow = { a: permit('a') };

  const rejected = async (version: object): Promise<string | undefined> => {
    const name = `memory-${count++}`;
    await create(name);
    const answer = await write('POST', `/policy-sets/${name}/versions:check`, version);
    const { faults } = await problem(answer, 'version-rejected');
    expect(faults).toHaveLength(1);
    return faults?.[0]?.message;
  };

  test.each([
    ['a pattern of 600,000 characters', { policies: { deep: like(600_000) } }, 'behind like'],
    ['a pattern behind a comment', { policies: { deep: like(20_000, ' // "\n') } }, 'behind like'],
    [
      'patterns of many policies',
      {
        policies: Object.fromEntries(
          Array.from({ length: 51 }, (_, index) => [
            `p${index}`,
            like(10_000).replace('@id("deep")', `@id("p${index}")`),
          ]),
        ),
      },
      'at most 500000 characters behind like',
    ],
    [
      'entities of a few long lists',
      {
        policies: allow,
        schema: within(TEAMS),
        entities: [
          {
            uid: uid('a'),
            attrs: { numbers: Array.from({ length: 90_000 }, (_, index) => 100_000_000_000 + index) },
          },
        ],
      },
      'characters as JSON',
    ],
    [
      'a thousand teams in one that is in a thousand',
      {
        policies: allow,
        schema: within(TEAMS),
        entities: [
          ...Array.from({ length: 1_000 }, (_, index) => ({ uid: uid(`c${index}`), parents: [uid('hub')] })),
          { uid: uid('hub'), parents: Array.from({ length: 1_000 }, (_, index) => uid(`p${index}`)) },
        ],
      },
      '100000 ancestors',
    ],
    [
      'a thousand actions in one that is in a thousand',
      {
        policies: allow,
        schema: within(
          `action ${names(1_000, 'p')}; action hub in [${names(1_000, 'p')}]; action ${names(1_000, 'c')} in hub;`,
        ),
      },
      'at most 200 entity types and actions',
    ],
    [
      'a hundred types with a hundred attributes each, and more',
      {
        policies: allow,
        schema: within(
          `entity ${names(100, 'T')} = { ${names(100, 'a').replaceAll(',', ': String,')}: String };`,
        ),
      },
      'at most 10000 types',
    ],
    [
      'an action for sixty types and sixty',
      {
        policies: allow,
        schema: within(
          `entity ${names(60, 'T')}; action Other appliesTo { principal: [${names(60, 'T')}], resource: [${names(60, 'T')}] };`,
        ),
      },
      'at most 1000 kinds of requests',
    ],
    [
      'many kinds of requests for many policies',
      {
        policies: Object.fromEntries(
          Array.from({ length: 400 }, (_, index) => [
            `p${index}`,
            `permit (principal, action, resource) when { ${'principal == principal && '.repeat(20)}true };`,
          ]),
        ),
        schema: within(
          `entity ${names(20, 'T')}; action Other, Another appliesTo { principal: [${names(20, 'T')}], resource: [${names(20, 'T')}] };`,
        ),
      },
      'at most 10000000 in all',
    ],
  ])('does not grow by %s', async (_, version, message) => {
    const before = memory();
    expect(await rejected(version)).toContain(message);
    expect(memory() - before).toBeLessThan(4);
  });

  test('does not grow by a Cedar text either', async () => {
    const before = memory();
    const name = `memory-${count++}`;
    await create(name);
    for (const characters of [20_000, 600_000]) {
      const { faults } = await problem(await publishText(name, like(characters)), 'version-rejected');
      expect(faults?.map(({ message }) => message)).toEqual([expect.stringContaining('behind like')]);
    }
    expect(memory() - before).toBeLessThan(1);
  });

  test('grows by little for what may be', async () => {
    const before = memory();
    const name = `memory-${count++}`;
    await create(name);
    const version = {
      policies: { deep: like(10_000), a: permit('a') },
      schema: within(
        `${TEAMS} action ${names(90, 'p')}; action hub in [${names(90, 'p')}]; action ${names(90, 'c')} in hub;`,
      ),
      entities: [
        ...Array.from({ length: 300 }, (_, index) => ({ uid: uid(`c${index}`), parents: [uid('hub')] })),
        { uid: uid('hub'), parents: Array.from({ length: 300 }, (_, index) => uid(`p${index}`)) },
        ...Array.from({ length: 3_400 }, (_, index) => ({
          uid: uid(`t${index}`),
          attrs: { numbers: Array.from({ length: 12 }, (_, number) => 1_000_000_000_000 + number) },
        })),
      ],
    };
    expect(JSON.stringify(version.entities).length).toBeGreaterThan(0.8 * LIMITS.entityCharacters);
    expect((await write('POST', `/policy-sets/${name}/versions`, version)).status).toBe(201);
    await point(name, 1);
    const asked = { principal: { namespace: 'a', name: 'b' }, overrides: ['hostPID'] };
    expect((await postJson(`/authorize?policySet=${name}`, asked)).status).toBe(200);
    expect(memory()).toBeGreaterThan(before);
    expect(memory() - before).toBeLessThan(32);
  });

  test('is not for circles and crowds to exhaust while they are counted', () => {
    const entity = (id: string, parents: string[]) => ({
      uid: uid(id),
      attrs: {},
      parents: parents.map(uid),
    });
    expect(entitiesProblem([entity('a', ['b']), entity('b', ['a'])])).toContain('not its own');
    const members = Array.from({ length: 9_000 }, (_, index) => entity(`m${index}`, ['a']));
    expect(entitiesProblem([...members, entity('a', ['b']), entity('b', ['c'])])).toBeUndefined();
  });

  test('a word is no pattern', () => {
    expect(patternSize(when('principal.name == "like" && principal.like == "abc"'))).toBe(0);
    expect(patternSize(when('principal.name like "abc" || principal.kind like\n"d"'))).toBe(4);
  });
});
