import { firstAt } from '../../compiler/model/ordered.ts';
import { type Facts, isAbsent, outcome, valueIn } from './facts.ts';
import { hashOfUid, hashOfValue, type IndexData, type IndexGroup } from './index-data.ts';
import { type EntityVariable, type PolicyTerms, VARIABLES, type Variable } from './policy-terms.ts';

/** Policies that may apply to a request, or fail for it. */
export interface Candidates {
  /** Ascending. */
  readonly ordinals: readonly number[];
  /**
   * The variables of the request that their result may still depend on. Nothing else of the request matters to
   * them.
   */
  readonly variables: ReadonlySet<Variable>;
}

/** The index of the policies of a version. It finds the policies that may apply to a request, or fail for it. */
export class PolicyIndex {
  readonly #data: IndexData;
  readonly #wide: number;

  /** @param wide Up to how many candidates of {@link rest} are evaluated with the others (see {@link narrow}). */
  constructor(data: IndexData, wide = 16) {
    this.#data = data;
    this.#wide = wide;
  }

  /** The ordinals of all policies. */
  get all(): ReadonlySet<number> {
    return new Set([...this.#data.rest, ...this.#data.groups.flatMap(({ ordinals }) => ordinals)]);
  }

  /** Policies that every request has to look at: the index knows no test of theirs. */
  get rest(): readonly number[] {
    return this.#data.rest;
  }

  /**
   * Leaves out the collected policies that their tests exclude. The result is one list of candidates or, where
   * many are of {@link rest}, two: those, and the others. Cedar would otherwise have to parse the many of `rest`
   * again with each set of the others.
   *
   * @param collected What {@link collect} has found for the request.
   * @param termsOf Gives the terms of these policies, and of those of {@link rest}.
   */
  narrow(
    collected: Iterable<number>,
    facts: Facts,
    termsOf: (ordinal: number) => PolicyTerms,
  ): readonly Candidates[] {
    const keyed = filter(collected, facts, termsOf);
    const rest = filter(this.#data.rest, facts, termsOf);
    if (rest.ordinals.length <= this.#wide) {
      const all = [...keyed.ordinals, ...rest.ordinals].sort((a, b) => a - b);
      return [{ ordinals: all, variables: new Set([...keyed.variables, ...rest.variables]) }];
    }
    return [rest, keyed].filter(({ ordinals }) => ordinals.length > 0);
  }

  /** The policies besides {@link rest} that may be candidates of a request, as far as the index alone can tell. */
  collect(facts: Facts): ReadonlySet<number> {
    const found = new Set<number>();
    const ancestors: AncestorHashes = new Map();
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

/** The policies that their tests do not exclude. */
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
      // A test without an outcome may fail, and then the tests after it do not matter.
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

/** The hashes of the ancestors of a request's entities, by variable, as far as they have been computed. */
type AncestorHashes = Map<EntityVariable, ReadonlySet<number>>;

/**
 * The index keys of a request for one group of policies; undefined when any policy of the group may fail for
 * the request, or when that cannot be told.
 *
 * @param ancestors Shared by all groups: a request may have thousands of ancestors.
 */
function requestHashes(
  { key, reads }: IndexGroup,
  facts: Facts,
  ancestors: AncestorHashes,
): ReadonlySet<number> | undefined {
  for (const read of reads) {
    if (valueIn(read, facts) !== undefined) continue;
    return read.guarded && isAbsent(read, facts) ? NOTHING : undefined;
  }
  switch (key.op) {
    case 'one of': {
      const value = valueIn(key, facts);
      return value === undefined ? undefined : new Set([hashOfValue(value)]);
    }
    case '==':
      return new Set([hashOfUid(facts[key.variable].uid)]);
    case 'in': {
      const hashes = ancestors.get(key.variable) ?? new Set([...facts[key.variable].above].map(hashOfUid));
      ancestors.set(key.variable, hashes);
      return hashes;
    }
  }
}
