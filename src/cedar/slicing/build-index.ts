import { hashOfUid, hashOfValue, type IndexData, type LookupKey, type Read } from './index-data.ts';
import { attributeKey, type PolicyTerms, type Test } from './policy-terms.ts';

/** Under how many hashes a policy may be put in the index. */
const MOST_HASHES = 16;

/** How many attributes Cedar may read before a test by which a policy is put in the index. */
const MOST_READS = 8;

/** A bucket with more policies than this, and with more than half of all, finds nothing: nearly all are in it. */
const NEARLY_ALL = 16;

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
    const [best] = weighed.sort((a, b) => a.weight - b.weight);
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

/** Where a policy could be put: one place for each test that has few enough values to be looked up by. */
function placementsOf({ tests }: PolicyTerms): Placement[] {
  const placements: Placement[] = [];
  const present = new Set<string>();
  const reads: Read[] = [];
  for (const test of tests) {
    // Even an attribute that is present may be no boolean, so such a test can fail, and tests after it are not used.
    if (test.op === 'holds') break;
    if (test.op === 'has' && test.wanted) present.add(attributeKey(test));
    if (test.op === 'one of') noteRead(reads, test, present);
    if (reads.length > MOST_READS || placements.length > MOST_READS) break;
    const lookup = test.wanted ? lookupOfTest(test) : undefined;
    if (lookup === undefined) continue;
    const hashes = [...new Set(lookup.hashes)];
    if (hashes.length > 0 && hashes.length <= MOST_HASHES)
      placements.push({ key: lookup.key, reads: [...reads], hashes });
  }
  return placements;
}

/** Notes that Cedar reads the attribute of a test. */
function noteRead(reads: Read[], test: Test & { readonly op: 'one of' }, present: ReadonlySet<string>): void {
  const { variable, attribute } = test;
  if (reads.some((read) => read.variable === variable && read.attribute === attribute)) return;
  reads.push({ variable, attribute, guarded: present.has(attributeKey(test)) });
}

/** What a test is looked up by; undefined for one that requests cannot be looked up by. */
function lookupOfTest(test: Test): Pick<Placement, 'key' | 'hashes'> | undefined {
  switch (test.op) {
    case '==':
      return { key: { op: '==', variable: test.variable }, hashes: [hashOfUid(test.uid)] };
    case 'in':
      return { key: { op: 'in', variable: test.variable }, hashes: test.uids.map(hashOfUid) };
    case 'one of': {
      const { op, variable, attribute, values } = test;
      return { key: { op, variable, attribute }, hashes: values.map(hashOfValue) };
    }
    default:
      return undefined;
  }
}
