import { firstAt } from '../../compiler/model/ordered.ts';
import { elementsIn, type Facts, isAbsent, outcome, outcomeOfAll, valueIn } from './facts.ts';
import {
  hashesOfPrefixes,
  hashOfElement,
  hashOfUid,
  hashOfValue,
  type IndexData,
  type IndexGroup,
  type Read,
} from './index-data.ts';
import {
  type EntityVariable,
  type PolicyTerms,
  type Test,
  VARIABLES,
  type Variable,
} from './policy-terms.ts';

/** Policies that may apply to a request, or fail for it. */
export interface Candidates {
  /** Ascending. */
  readonly ordinals: readonly number[];
  /**
   * The variables of the request that their result may still depend on. Nothing else of the request matters to
   * them.
   */
  readonly variables: ReadonlySet<Variable>;
  /** All of these policies are satisfied, and none of them fails. Otherwise that is not known. */
  readonly sure?: true;
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
   * Leaves out the collected policies that their tests exclude. The result is up to three lists: the candidates, of
   * which those of {@link rest} have a list of their own where they are many, and the policies that are surely
   * satisfied. Cedar would otherwise have to parse the many of `rest` again with each set of the others.
   *
   * @param collected What {@link collect} has found for the request.
   * @param termsOf Gives the terms of these policies, and of those of {@link rest}.
   * @param excluded Is told of each test that excludes a policy.
   */
  narrow(
    collected: Iterable<number>,
    facts: Facts,
    termsOf: (ordinal: number) => PolicyTerms,
    excluded?: (test: Test) => void,
  ): readonly Candidates[] {
    const keyed = filter(collected, facts, termsOf, excluded);
    const rest = filter(this.#data.rest, facts, termsOf, excluded);
    const lists: Candidates[] =
      rest.open.length <= this.#wide
        ? [
            {
              ordinals: sorted(keyed.open, rest.open),
              variables: new Set([...keyed.variables, ...rest.variables]),
            },
          ]
        : [
            { ordinals: sorted(rest.open), variables: rest.variables },
            { ordinals: sorted(keyed.open), variables: keyed.variables },
          ];
    lists.push({ ordinals: sorted(keyed.sure, rest.sure), variables: new Set(), sure: true });
    return lists.filter(({ ordinals }) => ordinals.length > 0);
  }

  /** In how many places a request is looked up. */
  get places(): number {
    return this.#data.groups.length;
  }

  /**
   * The policies besides {@link rest} that may be candidates of a request, as far as the index alone can tell.
   *
   * @param compared Is told of each text that patterns were compared with, and how many policies there were at each place
   *   where that was done.
   */
  collect(
    facts: Facts,
    compared?: (text: string, policies: ReadonlyMap<number, number>) => void,
  ): ReadonlySet<number> {
    const found = new Set<number>();
    const known: RequestHashes = { ancestors: new Map(), prefixes: new Map() };
    const texts = new Map<string, Map<number, number>>();
    for (const [at, group] of this.#data.groups.entries()) {
      const hashes = requestHashes(group, facts, known);
      const { key, hashes: all, ordinals } = group;
      if (key.op === 'like' && hashes !== NOTHING) {
        const text = String(valueIn(key, facts));
        const policies = texts.get(text) ?? new Map<number, number>();
        texts.set(text, policies.set(at, ordinals.length));
      }
      if (hashes === undefined) {
        for (const ordinal of ordinals) found.add(ordinal);
      } else if (hashes.size > all.length) {
        for (const [at, hash] of all.entries()) if (hashes.has(hash)) found.add(ordinals[at] ?? 0);
      } else {
        for (const hash of hashes)
          for (let at = firstAt(all, hash); all[at] === hash; at += 1) found.add(ordinals[at] ?? 0);
      }
    }
    for (const [text, policies] of texts) compared?.(text, policies);
    return found;
  }
}

/** The policies that their tests do not exclude: those that surely apply, and those of which it is open. */
function filter(
  collected: Iterable<number>,
  facts: Facts,
  termsOf: (ordinal: number) => PolicyTerms,
  excluded?: (test: Test) => void,
): { sure: number[]; open: number[]; variables: Set<Variable> } {
  const sure: number[] = [];
  const open: number[] = [];
  const variables = new Set<Variable>();
  for (const ordinal of collected) {
    const { tests, rest } = termsOf(ordinal);
    let passed: boolean | undefined = true;
    for (const test of tests) {
      passed = outcome(test, facts);
      if (passed === true) continue;
      if (passed === false) excluded?.(test);
      // A test without an outcome may fail, and then the tests after it do not matter.
      break;
    }
    if (passed === false) continue;
    if (passed === true && rest === undefined) {
      sure.push(ordinal);
      continue;
    }
    open.push(ordinal);
    for (const variable of passed === undefined ? VARIABLES : (rest?.variables ?? []))
      variables.add(variable);
  }
  return { sure, open, variables };
}

function sorted(...lists: readonly (readonly number[])[]): number[] {
  return lists.flat().sort((a, b) => a - b);
}

const NOTHING: ReadonlySet<number> = new Set();

/** The hashes of a request that several groups look for, as far as they have been computed. */
interface RequestHashes {
  /** Of the ancestors of its entities: there may be thousands. */
  readonly ancestors: Map<EntityVariable, ReadonlySet<number>>;
  /** Of the beginnings of its texts. */
  readonly prefixes: Map<string, ReadonlySet<number>>;
}

/**
 * The index keys of a request for one group of policies; undefined when any policy of the group may fail for
 * the request, or when that cannot be told.
 *
 * @param known Shared by all groups.
 */
function requestHashes(
  { key, reads }: IndexGroup,
  facts: Facts,
  { ancestors, prefixes }: RequestHashes,
): ReadonlySet<number> | undefined {
  for (const read of reads) {
    if (isReadable(read, facts)) continue;
    return read.guarded && isAbsent(read, facts) ? NOTHING : undefined;
  }
  switch (key.op) {
    case 'one of': {
      const value = valueIn(key, facts);
      return value === undefined ? undefined : new Set([hashOfValue(value)]);
    }
    case 'contains': {
      const elements = elementsIn(key, facts);
      return elements && new Set([...elements].map(hashOfElement));
    }
    case 'like': {
      const given = outcomeOfAll(key.given, facts);
      if (given !== true) return given === false ? NOTHING : undefined;
      const value = valueIn(key, facts);
      if (typeof value !== 'string') return undefined;
      const hashes = prefixes.get(value) ?? hashesOfPrefixes(value);
      prefixes.set(value, hashes);
      return hashes;
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

/** Whether Cedar reads an attribute without failing. */
function isReadable(read: Read, facts: Facts): boolean {
  switch (read.type) {
    case 'scalar':
      return valueIn(read, facts) !== undefined;
    case 'boolean':
      return typeof valueIn(read, facts) === 'boolean';
    case 'set':
      return elementsIn(read, facts) !== undefined;
  }
}
