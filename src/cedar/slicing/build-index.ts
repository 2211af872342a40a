import {
  hashOfElement,
  hashOfPrefix,
  hashOfUid,
  hashOfValue,
  type IndexData,
  type LookupKey,
  type Read,
} from './index-data.ts';
import { type AttributeName, attributeKey, type PolicyTerms, type Test } from './policy-terms.ts';

/** Under how many hashes a policy may be put in the index. */
const MOST_HASHES = 16;

/** How many attributes Cedar may read before a test by which a policy is put in the index. */
const MOST_READS = 8;

/** A bucket with more policies than this, and with more than half of all, finds nothing: nearly all are in it. */
const NEARLY_ALL = 16;

/**
 * A policy is found by its pattern where its other tests find more policies than this together with it. There is a
 * group of the index for all that comes before a pattern, so patterns that are found otherwise would make many.
 */
const MOST_COMPARED = 64;

/** A place in the index where a policy could be put. */
interface Placement {
  readonly key: LookupKey;
  readonly reads: readonly Read[];
  readonly hashes: readonly number[];
}

/** A group of the index while it is being built. */
interface Gathered {
  readonly key: LookupKey;
  readonly reads: readonly Read[];
  /** How many policies could be put under each hash. */
  readonly counts: Map<number, number>;
  readonly entries: { readonly hash: number; readonly ordinal: number }[];
}

/**
 * Builds the index of some policies: each is put, by its ordinal, where it shares its hashes with the fewest
 * others. A policy without a test that requests can be looked up by goes to `rest`, and so does one that could only
 * be put where most policies are: nearly all name the one action.
 *
 * @param terms Of each policy, in the order of their ordinals.
 */
export function buildIndex(terms: readonly PolicyTerms[]): IndexData {
  const gathered = new Map<string, Gathered>();
  const placements = terms.map((each) =>
    placementsOf(each).map(({ key, reads, hashes }) => {
      // Thousands of policies share the same few groups.
      const name = JSON.stringify([key, reads]);
      const group = gathered.get(name) ?? { key, reads, counts: new Map<number, number>(), entries: [] };
      gathered.set(name, group);
      for (const hash of hashes) group.counts.set(hash, (group.counts.get(hash) ?? 0) + 1);
      return { group, hashes };
    }),
  );
  const rest: number[] = [];
  const many = Math.max(NEARLY_ALL, terms.length / 2);
  for (const [ordinal, possible] of placements.entries()) {
    const weighed = possible.map(({ group, hashes }) => ({
      group,
      hashes,
      weight: hashes.reduce((sum, hash) => sum + (group.counts.get(hash) ?? 0), 0),
    }));
    const [compared, matched] = [false, true].map((like) =>
      weighed
        .filter(({ group }) => (group.key.op === 'like') === like)
        .sort((a, b) => a.weight - b.weight)
        .at(0),
    );
    const best =
      compared === undefined || compared.weight > MOST_COMPARED ? lesser(compared, matched) : compared;
    if (best === undefined || best.weight > many) rest.push(ordinal);
    else for (const hash of best.hashes) best.group.entries.push({ hash, ordinal });
  }
  return {
    groups: [...gathered.values()]
      .filter(({ entries }) => entries.length > 0)
      .map(({ key, reads, entries }) => {
        entries.sort((a, b) => a.hash - b.hash || a.ordinal - b.ordinal);
        return {
          key,
          reads,
          hashes: entries.map(({ hash }) => hash),
          ordinals: entries.map(({ ordinal }) => ordinal),
        };
      }),
    rest,
  };
}

/** The one of two places in which there are fewer policies. */
function lesser<T extends { readonly weight: number }>(a: T | undefined, b: T | undefined): T | undefined {
  return a === undefined || (b !== undefined && b.weight < a.weight) ? b : a;
}

/** Where a policy could be put: one place for each test that has few enough values to be looked up by. */
function placementsOf({ tests }: PolicyTerms): Placement[] {
  const placements: Placement[] = [];
  const present = new Set<string>();
  const reads: Read[] = [];
  for (const [at, test] of tests.entries()) {
    // Which attributes alternatives read depends on the request, so tests after them are not used.
    if (test.op === 'any' || reads.length > MOST_READS || placements.length > MOST_READS) break;
    if (test.op === 'has' && test.wanted) present.add(attributeKey(test));
    noteRead(reads, test, present);
    const lookup = test.wanted ? lookupOfTest(test, tests.slice(0, at)) : undefined;
    if (lookup === undefined) continue;
    const hashes = [...new Set(lookup.hashes)];
    if (hashes.length > 0 && hashes.length <= MOST_HASHES)
      placements.push({ key: lookup.key, reads: lookup.key.op === 'like' ? [] : [...reads], hashes });
  }
  return placements;
}

/** Notes that Cedar reads the attribute of a test. */
function noteRead(reads: Read[], test: Test, present: ReadonlySet<string>): void {
  const type = typeRead(test);
  if (type === undefined || !('attribute' in test)) return;
  const { variable, attribute, tag } = test;
  const name = attributeKey(test);
  if (reads.some((read) => attributeKey(read) === name && read.type === type)) return;
  reads.push({ variable, attribute, ...(tag && { tag }), guarded: present.has(name), type });
}

/** What the attribute of a test must be, so that Cedar does not fail at it. */
function typeRead({ op }: Test): Read['type'] | undefined {
  switch (op) {
    case 'one of':
      return 'scalar';
    case 'holds':
      return 'boolean';
    case 'contains':
      return 'set';
    default:
      return undefined;
  }
}

/** What a test is looked up by; undefined for one that requests cannot be looked up by. */
function lookupOfTest(test: Test, given: readonly Test[]): Pick<Placement, 'key' | 'hashes'> | undefined {
  switch (test.op) {
    case '==':
      return { key: { op: '==', variable: test.variable }, hashes: [hashOfUid(test.uid)] };
    case 'in':
      return { key: { op: 'in', variable: test.variable }, hashes: test.uids.map(hashOfUid) };
    case 'one of':
      return { key: { op: test.op, ...nameOf(test) }, hashes: test.values.map(hashOfValue) };
    case 'contains':
      return { key: { op: test.op, ...nameOf(test) }, hashes: [hashOfElement(test.element)] };
    case 'like': {
      const [prefix = ''] = test.literals;
      return prefix === ''
        ? undefined
        : { key: { op: test.op, ...nameOf(test), given }, hashes: [hashOfPrefix(prefix)] };
    }
    default:
      return undefined;
  }
}

/** The name of an attribute alone. */
function nameOf({ variable, attribute, tag }: AttributeName): AttributeName {
  return { variable, attribute, ...(tag && { tag }) };
}
