import { firstAt } from '../../compiler/model/ordered.ts';
import { type Facts, isAbsent, outcome, valueIn } from './facts.ts';
import { type PolicyTerms, type Scalar, type Test, VARIABLES, type Variable } from './policy-terms.ts';

/** A policy's test that requests are looked up by, and what Cedar reads before it is decided. */
interface Kind {
  readonly on: string;
  readonly op: '==' | 'in' | 'one of';
  /**
   * The attributes that are read, in order, the test's own last. A guarded one comes after a `has` for it:
   * where it is absent, the policy does not apply; where another is, the policy fails.
   */
  readonly reads: readonly (readonly [attribute: string, guarded: boolean])[];
}

/** Policies that are found by the same kind of test. */
export interface IndexGroup extends Kind {
  /** Hashes of what the tests compare with, ascending: two texts of one hash only find too much. */
  readonly hashes: readonly number[];
  /** The ordinal of the policy that each hash is of. */
  readonly ordinals: readonly number[];
}

/** How policies are found by a request. Plain data: it is stored as JSON. */
export interface IndexData {
  readonly groups: readonly IndexGroup[];
  /** Policies that are found by every request. */
  readonly rest: readonly number[];
}

/** Policies that may apply to a request, or fail for it. */
export interface Candidates {
  /** Ascending. */
  readonly ordinals: readonly number[];
  /** What their answer may still depend on: what else is in the request does not matter to them. */
  readonly variables: ReadonlySet<Variable>;
}

/** A policy is not put under more hashes than this, nor looked up by what comes after more reads. */
const MOST_HASHES = 16;
const MOST_READS = 8;

/** A place where a policy could be put. */
interface Placement {
  readonly kind: Kind;
  readonly hashes: readonly number[];
}

/** Policies of one kind, as they are put together. */
interface Gathered {
  readonly kind: Kind;
  /** How many policies could be put under each hash. */
  readonly counts: Map<number, number>;
  readonly entries: [hash: number, ordinal: number][];
}

/** Puts each policy, by its ordinal, where the fewest others are. */
export function buildIndex(terms: readonly PolicyTerms[]): IndexData {
  // By name: thousands of policies have the same few kinds.
  const gathered = new Map<string, Gathered>();
  const placements = terms.map((each) =>
    placementsOf(each).map(({ kind, hashes }) => {
      const name = JSON.stringify(kind);
      const group = gathered.get(name) ?? { kind, counts: new Map<number, number>(), entries: [] };
      gathered.set(name, group);
      for (const hash of hashes) group.counts.set(hash, (group.counts.get(hash) ?? 0) + 1);
      return { group, hashes };
    }),
  );
  const rest: number[] = [];
  for (const [ordinal, possible] of placements.entries()) {
    const weighed = possible.map(({ group, hashes }) => ({
      group,
      hashes,
      weight: hashes.reduce((sum, hash) => sum + (group.counts.get(hash) ?? 0), 0),
    }));
    const [best] = weighed.sort((a, b) => a.weight - b.weight);
    if (best === undefined) rest.push(ordinal);
    else for (const hash of best.hashes) best.group.entries.push([hash, ordinal]);
  }
  return {
    groups: [...gathered.values()]
      .filter(({ entries }) => entries.length > 0)
      .map(({ kind, entries }) => {
        entries.sort(([a, i], [b, j]) => a - b || i - j);
        return {
          ...kind,
          hashes: entries.map(([hash]) => hash),
          ordinals: entries.map(([, ordinal]) => ordinal),
        };
      }),
    rest,
  };
}

function placementsOf({ tests }: PolicyTerms): Placement[] {
  const placements: Placement[] = [];
  const there = new Set<string>();
  const reads: [attribute: string, guarded: boolean][] = [];
  for (const test of tests) {
    const [on, op, operand, wanted] = test;
    // That an attribute is there does not say that it is a boolean: nothing behind it is looked up by.
    if (op === 'holds') break;
    if (op === 'has' && wanted) there.add(`${on}.${operand}`);
    if (op === 'one of' && !reads.some(([attribute]) => attribute === on)) reads.push([on, there.has(on)]);
    if (reads.length > MOST_READS || placements.length > MOST_READS) break;
    if (!wanted || !(op === '==' || op === 'in' || op === 'one of')) continue;
    const hashes = [...new Set(keysOf(test).map(hashOf))];
    if (hashes.length > 0 && hashes.length <= MOST_HASHES)
      placements.push({ kind: { on, op, reads: [...reads] }, hashes });
  }
  return placements;
}

function keysOf([, op, operand]: Test): string[] {
  switch (op) {
    case '==':
      return [operand];
    case 'in':
      return [...operand];
    case 'one of':
      return operand.map(scalarKey);
    default:
      return [];
  }
}

function scalarKey(value: Scalar): string {
  return JSON.stringify(value);
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Finds the policies that may apply to a request, or fail for it. */
export class PolicyIndex {
  readonly #data: IndexData;
  readonly #wide: number;

  /** @param wide How many candidates are not yet many. */
  constructor(data: IndexData, wide = 32) {
    this.#data = data;
    this.#wide = wide;
  }

  /** Every policy. */
  get all(): ReadonlySet<number> {
    return new Set([...this.#data.rest, ...this.#data.groups.flatMap(({ ordinals }) => ordinals)]);
  }

  /** Policies that every request has to look at. */
  get rest(): readonly number[] {
    return this.#data.rest;
  }

  /**
   * The candidates of a request, or where there are many, those of them that every request has to look at,
   * and the others: to prepare the first anew with each set of the others would take long.
   *
   * @param collected What {@link collect} has found for it.
   * @param termsOf What is known of these policies, and of those that every request has to look at.
   */
  narrow(
    collected: Iterable<number>,
    facts: Facts,
    termsOf: (ordinal: number) => PolicyTerms,
  ): readonly Candidates[] {
    const keyed = filter(collected, facts, termsOf);
    const rest = filter(this.#data.rest, facts, termsOf);
    const all = [...keyed.ordinals, ...rest.ordinals].sort((a, b) => a - b);
    if (all.length <= this.#wide)
      return [{ ordinals: all, variables: new Set([...keyed.variables, ...rest.variables]) }];
    return [rest, keyed].filter(({ ordinals }) => ordinals.length > 0);
  }

  /** What may be a candidate of a request besides {@link rest}, as far as it can be told without reading it. */
  collect(facts: Facts): ReadonlySet<number> {
    const found = new Set<number>();
    const ancestors = new Map<string, ReadonlySet<number>>();
    for (const group of this.#data.groups) {
      const hashes = requestHashes(group, facts, ancestors);
      const { hashes: all, ordinals } = group;
      if (hashes === undefined) {
        for (const ordinal of ordinals) found.add(ordinal);
      } else if (hashes.size > all.length) {
        for (const [at, hash] of all.entries()) if (hashes.has(hash)) found.add(ordinals[at] ?? 0);
      } else {
        for (const hash of hashes)
          for (let at = firstAt(all, hash); all[at] === hash; at += 1) found.add(ordinals[at] ?? 0);
      }
    }
    return found;
  }
}

function filter(
  collected: Iterable<number>,
  facts: Facts,
  termsOf: (ordinal: number) => PolicyTerms,
): { ordinals: number[]; variables: Set<Variable> } {
  const ordinals: number[] = [];
  const variables = new Set<Variable>();
  for (const ordinal of collected) {
    const { tests, rest } = termsOf(ordinal);
    let found: boolean | undefined = true;
    for (const test of tests) {
      found = outcome(test, facts);
      // Where it is not known it may fail, and what comes after does not matter then.
      if (found !== true) break;
    }
    if (found === false) continue;
    ordinals.push(ordinal);
    for (const variable of found === undefined ? VARIABLES : (rest?.variables ?? [])) variables.add(variable);
  }
  ordinals.sort((a, b) => a - b);
  return { ordinals, variables };
}

const NOTHING: ReadonlySet<number> = new Set();

/**
 * What a request is found by in a group; undefined when any policy of it may fail, or cannot be told.
 *
 * @param ancestors What has been made of each variable's ancestors so far: there may be thousands.
 */
function requestHashes(
  { on, op, reads }: Kind,
  facts: Facts,
  ancestors: Map<string, ReadonlySet<number>>,
): ReadonlySet<number> | undefined {
  for (const [attribute, guarded] of reads) {
    if (valueIn(attribute, facts) !== undefined) continue;
    return guarded && isAbsent(attribute, facts) ? NOTHING : undefined;
  }
  if (op === 'one of') {
    const value = valueIn(on, facts);
    return value === undefined ? undefined : new Set([hashOf(scalarKey(value))]);
  }
  if (on !== 'principal' && on !== 'action' && on !== 'resource') return undefined;
  if (op === '==') return new Set([hashOf(facts[on].uid)]);
  const hashes = ancestors.get(on) ?? new Set([...facts[on].above].map(hashOf));
  ancestors.set(on, hashes);
  return hashes;
}
