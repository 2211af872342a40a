/**
 * Holds what is found with an index to what Cedar finds when it is given everything: every policy as text,
 * every entity.
 * @module
 */
import fc from 'fast-check';
import { PolicyBasis, type PolicySource, sourceOf } from '../../src/cedar/basis.ts';
import { evaluateText } from '../../src/cedar/engine.ts';
import { buildIndex, type Candidates, PolicyIndex } from '../../src/cedar/policy-index.ts';
import { VARIABLES } from '../../src/cedar/policy-terms.ts';
import { canonicalJson, digestOf } from '../../src/policy-sets/canonical.ts';
import { versionIn } from '../../src/policy-sets/repository.ts';
import { makeIndex } from '../../src/policy-sets/stored-index.ts';
import { QUESTIONS, questionOf, questions, type World, wholeRequest, world } from './policy-worlds.ts';
import { contentOf } from './write-version.ts';

/** What the requests of a run came to: a comparison of nothing but denials would say little. */
export interface Tally {
  requests: number;
  allowed: number;
  /** Requests for which some policy failed. */
  failed: number;
  /** Policies of all requests, and those that were candidates. */
  policies: number;
  candidates: number;
}

/** How a basis is made of a world. */
export type MakeBasis = (world: World) => PolicyBasis | Promise<PolicyBasis>;

/** By an index that was written and read again, as a Worker has it. */
export async function storedBasis({ policies, entities }: World): Promise<PolicyBasis> {
  const content = contentOf(policies, { entities: [...entities] });
  const body = canonicalJson(content);
  const digest = await digestOf(body);
  return (await versionIn(body, digest, await makeIndex(digest, body, content))).basis;
}

/** By an index to which two candidates are many. */
export function wideBasis({ policies, entities }: World): PolicyBasis {
  const source = sourceOf(policies);
  const terms = Object.keys(policies).map((_, ordinal) => source.terms(ordinal));
  const index = new PolicyIndex(buildIndex(terms), source.terms, 1);
  return new PolicyBasis({ ...source, index }, entities);
}

/** By an index with a fault in what it finds. */
export function faultyBasis(
  { policies, entities }: World,
  spoil: (found: Candidates) => Candidates,
): PolicyBasis {
  const source: PolicySource = sourceOf(policies);
  return new PolicyBasis(
    { ...source, index: { find: (facts) => source.index.find(facts).map(spoil) } },
    entities,
  );
}

/**
 * Compares at least so many requests. @throws Error where something differs: the decision, the reasons, the
 * errors or one of their messages.
 */
export async function compare(
  requests: number,
  makeBasis: MakeBasis,
  { most = 24, shrink = true }: { readonly most?: number; readonly shrink?: boolean } = {},
): Promise<Tally> {
  const tally: Tally = { requests: 0, allowed: 0, failed: 0, policies: 0, candidates: 0 };
  await fc.assert(
    fc.asyncProperty(world(most), questions, async (given, asked) => {
      const basis = await makeBasis(given);
      for (const each of asked) {
        const question = questionOf(each, basis.entities);
        const expected = evaluateText(given.policies, wholeRequest(question, given));
        const { candidates, ...found } = basis.evaluate(question);
        if (JSON.stringify(found) !== JSON.stringify(expected))
          throw new Error(
            `${JSON.stringify(question)}\nwith the index ${JSON.stringify(found)}\nwithout ${JSON.stringify(expected)}`,
          );
        tally.requests += 1;
        tally.allowed += Number(found.allowed);
        tally.failed += Number(found.errors.length > 0);
        tally.policies += Object.keys(given.policies).length;
        tally.candidates += candidates.flatMap((part) => Object.keys(part)).length;
      }
    }),
    { numRuns: Math.ceil(requests / QUESTIONS), endOnFailure: !shrink, includeErrorInReport: true },
  );
  return tally;
}

/** Faults that an index could have, each of which a comparison must find. `random` is a number from 0. */
export const FAULTS: Readonly<Record<string, (found: Candidates, random: number) => Candidates>> = {
  'a candidate is missed': ({ ordinals, variables }, random) => ({
    ordinals: ordinals.toSpliced(random % (ordinals.length || 1), 1),
    variables,
  }),
  ...Object.fromEntries(
    VARIABLES.filter((variable) => variable !== 'action').map((variable) => [
      `it is missed that the ${variable} matters`,
      ({ ordinals, variables }: Candidates): Candidates => ({
        ordinals,
        variables: new Set([...variables].filter((each) => each !== variable)),
      }),
    ]),
  ),
};
