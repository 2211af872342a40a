import { describe, expect, test } from 'vitest';
import { expandedSize, policyDepth, schemaDepth } from '../../src/cedar/bounds.ts';
import { LIMITS } from '../../src/compiler/limits.ts';
import { create, permit, point, publishText, standing, write } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { postJson, problem } from '../support/worker.ts';

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
    expect(expandedSize(schema)).toBeLessThan(20);
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
