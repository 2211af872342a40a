/**
 * Holds what is found with an index to what Cedar finds when it is given everything: every policy as text,
 * every entity, and the schema.
 * @module
 */

import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/web';
import fc from 'fast-check';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { evaluateText } from '../../src/cedar/engine.ts';
import { uidKey } from '../../src/cedar/entities.ts';
import { basisOf, PolicyBasis } from '../../src/cedar/slicing/basis.ts';
import { buildIndex } from '../../src/cedar/slicing/build-index.ts';
import { type Candidates, PolicyIndex } from '../../src/cedar/slicing/policy-index.ts';
import { type PolicySource, sourceOf, termsOfText } from '../../src/cedar/slicing/policy-source.ts';
import { VARIABLES } from '../../src/cedar/slicing/policy-terms.ts';
import { explicitEntities } from '../../src/cedar/validation/explicit-entities.ts';
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
export async function storedBasis({ policies, schema, entities }: World): Promise<PolicyBasis> {
  const utf8 = new TextEncoder();
  const digest = await digestOf(JSON.stringify([policies, schema, entities]));
  const stored = await storedPolicies(
    digest,
    contentOf(policies, { schema, entities: [...entities] }),
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
export function wideBasis({ policies, schema, entities }: World): PolicyBasis {
  const terms = Object.values(policies).map(termsOfText);
  const index = new PolicyIndex(buildIndex(terms), 1);
  return new PolicyBasis({ ...sourceOf(policies), index }, explicitEntities(schema, entities), memory);
}

/** By entities with a fault in how they are read. */
export function misreadBasis(
  { policies, schema, entities }: World,
  spoil: (explicit: readonly EntityJson[]) => EntityJson[],
): PolicyBasis {
  return basisOf(memory, policies, spoil(explicitEntities(schema, entities)));
}

/** By an index with a fault in what it finds. */
export function faultyBasis(
  { policies, schema, entities }: World,
  spoil: (found: Candidates) => Candidates,
): PolicyBasis {
  const { index, load }: PolicySource = sourceOf(policies);
  return new PolicyBasis(
    {
      load,
      index: {
        rest: index.rest,
        places: index.places,
        collect: (facts) => index.collect(facts),
        narrow: (...asked) => index.narrow(...asked).map(spoil),
      },
    },
    explicitEntities(schema, entities),
    memory,
  );
}

/** How to compare. */
export interface Comparing {
  /** How many policies a world may have. */
  readonly most?: number;
  /** Whether to look for a smaller world that differs too. */
  readonly shrink?: boolean;
  readonly worlds?: (most: number) => fc.Arbitrary<World>;
}

/**
 * Compares at least so many requests. @throws Error where something differs: the decision, the reasons, the
 * errors or one of their messages.
 */
export async function compare(
  requests: number,
  makeBasis: MakeBasis,
  { most = 24, shrink = true, worlds = world }: Comparing = {},
): Promise<Tally> {
  const tally: Tally = { requests: 0, allowed: 0, failed: 0, policies: 0, candidates: 0 };
  await fc.assert(
    fc.asyncProperty(worlds(most), questions, async (given, asked) => {
      const basis = await makeBasis(given);
      const all = asked.map((each) => questionOf(each, basis.entities));
      const findings = await basis.evaluate(all);
      const written = new Map(given.entities.map((entity) => [uidKey(entity.uid), entity]));
      for (const [at, question] of all.entries()) {
        // The request as it is stated over what the world says of its entities, as that is written there.
        const plain = asked[at] && questionOf(asked[at], written);
        if (plain === undefined) throw new Error('A question was lost.');
        const expected = evaluateText(given.policies, wholeRequest(plain, given), given.schema ?? undefined);
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
  'a policy that may be satisfied is taken for one that is': ({ ordinals, variables }, random) =>
    random % 8 === 0 ? { ordinals, variables, sure: true } : { ordinals, variables },
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

/** Ways to misread a set's entities, each of which a comparison must find. */
export const MISREADINGS: Readonly<Record<string, (explicit: readonly EntityJson[]) => EntityJson[]>> = {
  'the groups of actions are left out': (explicit) =>
    explicit.filter(({ uid }) => !uidKey(uid).startsWith('Lattice::Action::')),
  'references are read as records': (explicit) => explicit.map((each) => respelled(each, asRecord)),
  'extension values are read as texts': (explicit) => explicit.map((each) => respelled(each, asText)),
  'tags are left out': (explicit) => explicit.map(({ tags: _, ...entity }) => entity),
  'tags are read as they are written': (explicit) =>
    explicit.map((each) => ({ ...each, tags: respelled(respelled(each, asRecord), asText).tags ?? {} })),
  'what is in records and sets is read as it is written': (explicit) =>
    explicit.map((each) => ({
      ...each,
      attrs: Object.fromEntries(
        Object.entries(each.attrs).map(([name, value]) => [
          name,
          asRecord(value) === value && asText(value) === value ? deep(deep(value, asRecord), asText) : value,
        ]),
      ),
    })),
};

function asRecord(value: CedarValueJson): CedarValueJson {
  if (typeof value !== 'object' || value === null || !('__entity' in value)) return value;
  const record: CedarValueJson = JSON.parse(JSON.stringify(value.__entity));
  return record;
}

function asText(value: CedarValueJson): CedarValueJson {
  if (typeof value !== 'object' || value === null || !('__extn' in value)) return value;
  const call = value.__extn;
  if (typeof call !== 'object' || call === null || Array.isArray(call)) return value;
  if ('arg' in call) return call.arg;
  return 'args' in call && Array.isArray(call.args) ? (call.args[0] ?? null) : value;
}

function respelled(entity: EntityJson, spell: (value: CedarValueJson) => CedarValueJson): EntityJson {
  const all = (record: EntityJson['attrs']): EntityJson['attrs'] =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, deep(value, spell)]));
  return { ...entity, attrs: all(entity.attrs), tags: all(entity.tags ?? {}) };
}

function deep(value: CedarValueJson, spell: (value: CedarValueJson) => CedarValueJson): CedarValueJson {
  const spelled = spell(value);
  if (spelled !== value || typeof value !== 'object' || value === null) return spelled;
  if (Array.isArray(value)) return value.map((each) => deep(each, spell));
  if ('__entity' in value || '__extn' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, deep(each, spell)]));
}
