import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { CedarMemory } from '../../../src/cedar/cedar-memory.ts';
import { CedarFailure, evaluateText, requestOf } from '../../../src/cedar/engine.ts';
import { LATTICE } from '../../../src/cedar/languages.ts';
import { questionsOf } from '../../../src/cedar/override-entities.ts';
import type { OverrideRequest } from '../../../src/cedar/override-question.ts';
import { basisOf, type PolicyBasis } from '../../../src/cedar/slicing/basis.ts';
import { buildIndex } from '../../../src/cedar/slicing/build-index.ts';
import { termsOfText } from '../../../src/cedar/slicing/policy-source.ts';
import { readEntities } from '../../../src/cedar/validation/check-entities.ts';
import { schemaProblems } from '../../../src/cedar/validation/check-schema.ts';
import { TooMuchWork, Work } from '../../../src/cedar/work.ts';
import {
  compare,
  FAULTS,
  faultyBasis,
  MISREADINGS,
  misreadBasis,
  storedBasis,
  wideBasis,
} from '../../support/differential.ts';
import type { World } from '../../support/policy-worlds.ts';
import { runs } from '../../support/runs.ts';
import { typedWorld } from '../../support/typed-worlds.ts';

const PRINCIPAL = { namespace: 'shop', name: 'web', kind: 'service', labels: {} };
const HOST_PID: OverrideRequest = {
  id: 'hostPID',
  category: 'pod',
  container: undefined,
  image: undefined,
  implicit: false,
};

test('a policy that cannot be read is not left out: nothing is decided', () => {
  const deep = `forbid (principal, action, resource) when { true ${'&& true '.repeat(200)} };`;
  for (const forbid of [deep, 'forbid (principal == ?principal, action, resource);', 'forbid'])
    expect(() =>
      basisOf(new CedarMemory(), { permit: 'permit (principal, action, resource);', forbid }),
    ).toThrow(CedarFailure);
});

test('a workload that the policy set puts above itself is refused, whatever was asked before', async () => {
  const basis = basisOf(new CedarMemory(), { permit: 'permit (principal, action, resource);' }, [
    {
      uid: { type: 'Lattice::Namespace', id: 'shop' },
      attrs: {},
      parents: [{ type: 'Lattice::Service', id: 'shop/web' }],
    },
  ]);
  const ask = async (name: string) =>
    (await basis.evaluate([questionsOf({ ...PRINCIPAL, name }, basis.entities)(HOST_PID)]))[0]?.allowed;
  expect(await ask('api')).toBe(true);
  await expect(ask('web')).rejects.toThrow(CedarFailure);
  expect(await ask('api')).toBe(true);
});

test('requests that look the same to the candidates are answered once', async () => {
  const basis = basisOf(new CedarMemory(), {
    'by path': 'permit (principal, action, resource) when { resource.override_id like "host*" };',
    'other namespaces': 'forbid (principal in Lattice::Namespace::"media", action, resource);',
  });
  const reasonsFor = async (name: string, override: Partial<OverrideRequest> = {}) => {
    const question = questionsOf({ ...PRINCIPAL, name }, basis.entities)({ ...HOST_PID, ...override });
    return (await basis.evaluate([question]))[0]?.reasons;
  };
  const reasons = await reasonsFor('web');
  expect(reasons).toEqual(['by path']);
  // The very same list: neither who asks nor from which container matters to the one candidate.
  expect(await reasonsFor('api')).toBe(reasons);
  expect(await reasonsFor('web', { container: 'app', implicit: true })).toBe(reasons);
  expect(await reasonsFor('web', { id: 'hostIPC' })).not.toBe(reasons);
});

describe('what the request alone decides', () => {
  const basisBy = (policies: Readonly<Record<string, string>>) => {
    const memory = new CedarMemory();
    const asked = vi.spyOn(memory.prepared, 'evaluate');
    return { basis: basisOf(memory, policies), asked };
  };
  const inShop = '(principal in Lattice::Namespace::"shop", action, resource)';

  test('is found without Cedar: the forbids that are satisfied, or else the permits, sorted by id', async () => {
    const { basis, asked } = basisBy({
      b: `permit ${inShop};`,
      a: `permit ${inShop} when { context.implicit == false };`,
      z: `forbid ${inShop} when { principal.hasTag("team") && principal.getTag("team") == "red" };`,
      y: `forbid ${inShop} unless { principal.name == "web" || principal.name == "red" };`,
      tagged:
        'permit (principal, action, resource) when { principal.labels.contains({ key: "team", value: "red" }) };',
    });
    const found = async (name: string, labels: Readonly<Record<string, string>> = {}, namespace = 'shop') => {
      const ask = questionsOf({ ...PRINCIPAL, namespace, name, labels }, basis.entities);
      const { allowed, reasons, errors } = (await basis.evaluate([ask(HOST_PID)]))[0] ?? {};
      return { allowed, reasons, errors };
    };
    expect(await found('web')).toEqual({ allowed: true, reasons: ['a', 'b'], errors: [] });
    expect(await found('api')).toEqual({ allowed: false, reasons: ['y'], errors: [] });
    expect(await found('api', { team: 'red' })).toEqual({ allowed: false, reasons: ['y', 'z'], errors: [] });
    expect(await found('web', { team: 'red' })).toEqual({ allowed: false, reasons: ['z'], errors: [] });
    expect(await found('web', {}, 'media')).toEqual({ allowed: false, reasons: [], errors: [] });
    expect(await found('red', { team: 'red' }, 'media')).toEqual({
      allowed: true,
      reasons: ['tagged'],
      errors: [],
    });
    expect(asked).not.toHaveBeenCalled();
  });

  test('is joined with what Cedar finds, and Cedar is asked where a policy may fail', async () => {
    const { basis, asked } = basisBy({
      sure: `permit ${inShop};`,
      open: `permit ${inShop} when { principal.labels.containsAll([]) };`,
      fails: 'forbid (principal, action, resource) when { principal.getTag("team") == "red" };',
    });
    const ask = questionsOf(PRINCIPAL, basis.entities);
    const [finding] = await basis.evaluate([ask(HOST_PID)]);
    expect(finding).toMatchObject({
      allowed: true,
      reasons: ['open', 'sure'],
      errors: [{ policyId: 'fails' }],
    });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test('counts the patterns that exclude it, for each text once', async () => {
    const patterns = (begin: string): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => [
          `p${index}`,
          `permit (principal, action, resource) when { principal.kind like "${begin}${index}-*" };`,
        ]),
      );
    const ask = async (begin: string, kinds: readonly string[], steps: number) => {
      const { basis } = basisBy(patterns(begin));
      const questions = kinds.flatMap((kind) =>
        Array.from({ length: 10 }, () => questionsOf({ ...PRINCIPAL, kind }, basis.entities)(HOST_PID)),
      );
      return basis.evaluate(questions, new Work(steps));
    };
    // The index compares the beginnings; ten questions with one text count as one.
    expect(await ask('job-', ['a'.repeat(100)], 2_000)).toHaveLength(10);
    await expect(ask('job-', ['a', 'b', 'c'], 2_000)).rejects.toThrow(TooMuchWork);
    // Each of these is compared, as far as it takes.
    expect(await ask('*x', ['a'], 2_000)).toHaveLength(10);
    await expect(ask('*x', ['a'.repeat(300)], 2_000)).rejects.toThrow(TooMuchWork);
  });

  test('counts for the length of the answer as what Cedar finds does', async () => {
    const long = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`p${index}`, `permit ${inShop}; // ${'x'.repeat(2_000)}`]),
    );
    const { basis } = basisBy(long);
    const questions = (count: number) =>
      Array.from({ length: count }, () => questionsOf(PRINCIPAL, basis.entities)(HOST_PID));
    expect(await basis.evaluate(questions(80))).toHaveLength(80);
    await expect(basis.evaluate(questions(90))).rejects.toThrow(TooMuchWork);
  });
});

test('a pattern excludes nothing that Cedar matches, and the index finds it by its beginning', async () => {
  const letters = fc.constantFrom('a', 'b', '*', '\\*', 'ü', '😀');
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '*', 'ü', '😀'), maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ unit: letters, maxLength: 70 }), { minLength: 1, maxLength: 8 }),
      fc.array(texts, { minLength: 1, maxLength: 8 }),
      async (patterns, names) => {
        const policies = Object.fromEntries(
          patterns.map((pattern) => [
            pattern,
            `permit (principal, action, resource) when { principal.kind like "${pattern}" };`,
          ]),
        );
        const basis = basisOf(new CedarMemory(), policies);
        for (const kind of names) {
          const question = questionsOf({ ...PRINCIPAL, kind }, basis.entities)(HOST_PID);
          const expected = evaluateText(policies, requestOf(question, question.own));
          const { candidates = [], ...found } = (await basis.evaluate([question]))[0] ?? {};
          expect(found).toEqual(expected);
          expect(candidates.flatMap((part) => Object.keys(part)).sort()).toEqual(expected.reasons);
        }
      },
    ),
    runs(200),
  );
});

test('more policies than Cedar can hold are prepared in portions, each once for all questions of a request', async () => {
  const policies = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `p${index}`,
      `${index === 39 ? 'forbid' : 'permit'} (principal, action, resource) when { principal.labels.containsAll([]) && principal.name like "web*" }; // ${'x'.repeat(20_000)}`,
    ]),
  );
  const memory = new CedarMemory();
  const asked = vi.spyOn(memory.prepared, 'evaluate');
  const basis = basisOf(memory, policies);
  const questions = ['web', 'web-1', 'api'].map((name) =>
    questionsOf({ ...PRINCIPAL, name }, basis.entities)(HOST_PID),
  );
  const findings = await basis.evaluate(questions);
  for (const [at, question] of questions.entries())
    expect(findings[at]).toMatchObject(evaluateText(policies, requestOf(question, question.own)));
  const portions = asked.mock.calls.map(([{ policies: texts }]) => Object.keys(texts).length);
  // Portions of 14 or 15 policies, and each of them for all questions before the next.
  expect(new Set(portions.slice(0, 3)).size).toBe(1);
  expect(portions).toHaveLength(9);
  expect(portions.reduce((sum, count) => sum + count, 0)).toBe(3 * 40);
});

test('a path that is only read is not answered for one that is written, in one request or in two', async () => {
  const readers = {
    'by its attribute':
      'permit (principal, action, resource) when { resource has readOnly && resource.readOnly };',
    'by a pattern':
      'permit (principal, action, resource) when { resource.path like "/var/*" && resource has readOnly && resource.readOnly };',
    'by its id':
      'permit (principal, action, resource == Lattice::SecurityOverride::"hostPath:/var/log") when { resource.readOnly };',
  };
  for (const [name, text] of Object.entries(readers)) {
    const basis = basisOf(new CedarMemory(), { [name]: text });
    const ask = questionsOf(PRINCIPAL, basis.entities);
    const questions = [true, false, true].map((readOnly) =>
      ask({ ...HOST_PID, id: 'hostPath:/var/log', category: 'volume', readOnly }),
    );
    const together = await basis.evaluate(questions);
    expect(together.map(({ allowed }) => allowed)).toEqual([true, false, true]);
    for (const [index, question] of questions.entries())
      expect((await basis.evaluate([question]))[0]?.allowed).toBe(together[index]?.allowed);
  }
});

test('a policy of many tests does not make the index grow with their square', () => {
  const tests = Array.from({ length: 100 }, (_, index) => `context.a${index} != 1`);
  const many = `permit (principal, action, resource) when { ${tests.join(' && ')} && resource.category == "pod" };`;
  const { groups, rest } = buildIndex([termsOfText(many)]);
  expect(groups).toEqual([]);
  expect(rest).toEqual([0]);
});

describe('a decision by an index', () => {
  test('is what Cedar finds with everything: decision, reasons and errors', async () => {
    const tally = await compare(4_000, storedBasis);
    expect(tally.requests).toBeGreaterThanOrEqual(4_000);
    // It says nothing if one side never came up, or nothing was ever left out.
    expect(tally.allowed).toBeGreaterThan(200);
    expect(tally.failed).toBeGreaterThan(200);
    expect(tally.candidates).toBeLessThan(tally.policies / 2);
  });

  test('is the same where the candidates are many', async () => {
    await compare(runs(2_000).numRuns, wideBasis);
  });

  test.each(Object.entries(FAULTS))('is told from one where %s', async (_, spoil) => {
    let random = 1;
    // A linear congruential generator: the same every time.
    const next = (): number => {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      return random >>> 8;
    };
    const makeFaulty = (world: World): PolicyBasis => faultyBasis(world, (found) => spoil(found, next()));
    const faulty = compare(4_000, makeFaulty, { shrink: false });
    await expect(faulty).rejects.toThrow('with the index');
  });
});

describe('a decision by an index, of a set with a schema of its own,', () => {
  const worlds = { worlds: typedWorld };

  test('is what Cedar finds with everything and the schema', async () => {
    const tally = await compare(runs(3_000).numRuns, storedBasis, worlds);
    expect(tally.requests).toBeGreaterThanOrEqual(runs(3_000).numRuns);
    expect(tally.allowed).toBeGreaterThan(50);
    expect(tally.failed).toBeGreaterThan(50);
  });

  test('is the same where the candidates are many', async () => {
    await compare(runs(1_000).numRuns, wideBasis, worlds);
  });

  test('is one of a set that the gates let pass', () => {
    fc.assert(
      fc.property(typedWorld(1), ({ schema, entities }) => {
        expect(schemaProblems(LATTICE, schema ?? '')).toEqual([]);
        expect(readEntities(LATTICE, schema, entities).problems).toEqual([]);
      }),
      runs(200),
    );
  });

  test.each(Object.entries(MISREADINGS))('is told from one where %s', async (_, spoil) => {
    const misread = compare(8_000, (world) => misreadBasis(world, spoil), { ...worlds, shrink: false });
    await expect(misread).rejects.toThrow('with the index');
  });
});
