/**
 * Holds what is found with an index to what Cedar finds when it is given everything: every policy as text,
 * every entity.
 * @module
 */

import fc from 'fast-check';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { evaluateText } from '../../src/cedar/engine.ts';
import { PolicyBasis } from '../../src/cedar/slicing/basis.ts';
import { buildIndex } from '../../src/cedar/slicing/build-index.ts';
import { type Candidates, PolicyIndex } from '../../src/cedar/slicing/policy-index.ts';
import { type PolicySource, sourceOf, termsOfText } from '../../src/cedar/slicing/policy-source.ts';
import { VARIABLES } from '../../src/cedar/slicing/policy-terms.ts';
import { digestOf } from '../../src/policy-sets/canonical.ts';
import { openIndex, openPage, type Page } from '../../src/policy-sets/open-policies.ts';
import { storedPolicies } from '../../src/policy-sets/stored-policies.ts';
import { QUESTIONS, questionOf, questions, type World, wholeRequest, world } from './policy-worlds.ts';
import { contentOf } from './write-version.ts';

/** One for all, because Cedar's own memory never shrinks. */
const memory = new CedarMemory();

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

/** By an index and pages that were written and read again, as a Worker has them. */
export async function storedBasis({ policies, entities }: World): Promise<PolicyBasis> {
  const utf8 = new TextEncoder();
  const digest = await digestOf(JSON.stringify([policies, entities]));
  const stored = await storedPolicies(
    digest,
    contentOf(policies, { entities: [...entities] }),
    undefined,
    400,
  );
  const index = await openIndex(digest, utf8.encode(stored.index));
  if (index === undefined) throw new Error('The index cannot be read.');
  const source = index.source(async (needed) => {
    const found = new Map<string, Page>();
    for (const each of needed) {
      const page = await openPage(each, utf8.encode(stored.pages.get(each)));
      if (page !== undefined) found.set(each, page);
    }
    return found;
  });
  return new PolicyBasis(source, index.entities, memory);
}

/** By an index to which two candidates are many. */
export function wideBasis({ policies, entities }: World): PolicyBasis {
  const terms = Object.values(policies).map(termsOfText);
  const index = new PolicyIndex(buildIndex(terms), 1);
  return new PolicyBasis({ ...sourceOf(policies), index }, entities, memory);
}

/** By an index with a fault in what it finds. */
export function faultyBasis(
  { policies, entities }: World,
  spoil: (found: Candidates) => Candidates,
): PolicyBasis {
  const { index, load }: PolicySource = sourceOf(policies);
  return new PolicyBasis(
    {
      load,
      index: {
        rest: index.rest,
        collect: (facts) => index.collect(facts),
        narrow: (...asked) => index.narrow(...asked).map(spoil),
      },
    },
    entities,
    memory,
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
      const all = asked.map((each) => questionOf(each, basis.entities));
      const findings = await basis.evaluate(all);
      for (const [at, question] of all.entries()) {
        const expected = evaluateText(given.policies, wholeRequest(question, given));
        const { candidates = [], ...found } = findings[at] ?? {};
        if (JSON.stringify(found) !== JSON.stringify(expected))
          throw new Error(
            `${JSON.stringify(question)}\nwith the index ${JSON.stringify(found)}\nwithout ${JSON.stringify(expected)}`,
          );
        tally.requests += 1;
        tally.allowed += Number(expected.allowed);
        tally.failed += Number(expected.errors.length > 0);
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
