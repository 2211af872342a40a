import { validate } from '@cedar-policy/cedar-wasm/web';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LATTICE } from '../../../src/cedar/languages.ts';
import { measuring } from '../../../src/cedar/many-policies.ts';
import { atOnce } from '../../../src/cedar/pieces.ts';
import { policySize } from '../../../src/cedar/policy-extent.ts';
import { readPolicy, toProblems } from '../../../src/cedar/policy-text.ts';
import {
  type PolicyProblem,
  validatePolicies,
  validatingPolicies,
} from '../../../src/cedar/validation/check-policies.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { compareText } from '../../../src/compiler/model/ordered.ts';
import { world } from '../../support/policy-worlds.ts';
import { runs } from '../../support/runs.ts';

const TEAMS = `${LATTICE.schema}
namespace Lattice {
  entity Team = { critical?: Bool, owner: Service };
  entity Environment;
}`.replace(/}\s*namespace Lattice {/, '');

/** The problems that Cedar finds in each policy when it is given that one alone, by its id. */
function oneByOne(
  schema: string,
  policies: Readonly<Record<string, string>>,
): { errors: PolicyProblem[]; warnings: PolicyProblem[] } {
  const errors: PolicyProblem[] = [];
  const warnings: PolicyProblem[] = [];
  for (const [policyId, text] of Object.entries(policies)) {
    const answer = validate({ schema, policies: { staticPolicies: { [policyId]: text } } });
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join());
    const spell = (found: typeof answer.validationErrors): PolicyProblem[] =>
      found
        .flatMap(({ error }) => toProblems(text, error))
        .map(({ message, offset }) => ({
          policyId,
          message: message.replaceAll(`for policy \`${policyId}\`, `, ''),
          offset,
        }));
    errors.push(...spell(answer.validationErrors));
    warnings.push(...spell(answer.validationWarnings));
  }
  const inOrder = (found: readonly PolicyProblem[]): PolicyProblem[] =>
    found.toSorted(
      (a, b) =>
        compareText(a.policyId, b.policyId) ||
        (a.offset ?? 0) - (b.offset ?? 0) ||
        compareText(a.message, b.message),
    );
  return { errors: inOrder(errors), warnings: inOrder(warnings) };
}

describe('policies that Cedar reads from one text', () => {
  test.each([
    ['the schema of workloads', null],
    ['a schema of the set', TEAMS],
  ])('have the same problems as each of them alone, by %s', (_, schema) => {
    let problems = 0;
    let sound = 0;
    fc.assert(
      fc.property(world(30), ({ policies }) => {
        const readable = Object.fromEntries(
          Object.entries({ ...policies, sound: 'permit (principal, action, resource);' }).filter(
            ([, text]) => readPolicy(text).ok,
          ),
        );
        const { errors, warnings } = validatePolicies(LATTICE, schema, readable);
        const alone = oneByOne(schema ?? LATTICE.schema, readable);
        expect(errors).toEqual(alone.errors.slice(0, LIMITS.faults));
        expect(warnings).toEqual(alone.warnings.slice(0, LIMITS.faults));
        problems += errors.length + warnings.length;
        const faulty = new Set([...errors, ...warnings].map(({ policyId }) => policyId));
        sound += Object.keys(readable).length - faulty.size;
      }),
      runs(60),
    );
    expect(problems).toBeGreaterThan(100);
    expect(sound).toBeGreaterThan(10);
  });

  test('may end with a comment, and have ids that look like the numbers that Cedar gives them', () => {
    const policies = {
      policy1: 'permit (principal, action, resource); // the first',
      policy0: 'permit (principal, action, resource) when { principal.nosuch == 1 }; // "',
    };
    expect(validatePolicies(LATTICE, null, policies)).toEqual(oneByOne(LATTICE.schema, policies));
  });
});

/** A policy with an attribute that no service has. */
function faulty(number: number): string {
  return `permit (principal, action, resource) when { principal.nosuch == ${number} };`;
}

describe('many policies', () => {
  const id = (number: number): string => `p${String(number).padStart(5, '0')}`;

  test('have a pause after each piece, and the same problems', () => {
    const sound = `permit (principal, action, resource) when { ${'principal.name == "a" || '.repeat(10)}true };`;
    const policies = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, number) => [id(number), number % 100 === 7 ? faulty(number) : sound]),
    );
    const measured = atOnce(measuring(Object.entries(policies).map(([name, text]) => ({ name, text }))));
    const work = validatingPolicies(LATTICE, null, new Map(measured.map((each) => [each.name, each])));
    let pauses = 0;
    let step = work.next();
    for (; step.done !== true; step = work.next()) pauses += 1;
    expect(pauses).toBeGreaterThan((1_000 * policySize(sound)) / 20_000);
    expect(step.value.errors.map(({ policyId }) => policyId)).toEqual(
      Array.from({ length: 10 }, (_, number) => id(number * 100 + 7)),
    );
    expect(step.value).toEqual(validatePolicies(LATTICE, null, policies));
  });

  test('are listed up to the faults of an answer, the first ones first', () => {
    const policies = Object.fromEntries(
      Array.from({ length: 300 }, (_, number) => [id(number), faulty(number)]),
    );
    const { errors } = validatePolicies(LATTICE, null, policies);
    expect(errors.map(({ policyId }) => policyId)).toEqual(
      Array.from({ length: LIMITS.faults }, (_, number) => id(number)),
    );
  });

  test('that Cedar cannot read are no version, whatever it says about the others', () => {
    const policies = { sound: 'permit (principal, action, resource);', unsound: 'permit (principal' };
    const { errors } = validatePolicies(LATTICE, null, policies);
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('unexpected') })]);
  });
});
