/**
 * Makes what KV holds of a version besides its body: pages of its policies, and an index by which a request finds
 * the few pages that it needs, instead of reading thousands of policies.
 *
 * Pages and index are made from the body alone. The index begins with a digest of itself, and holds the digests of
 * the body and of the pages. A part that is damaged, or belongs to another version, is made again from the body.
 * @module
 */
import { pause } from '../cedar/pieces.ts';
import { buildIndex } from '../cedar/slicing/build-index.ts';
import type { IndexData } from '../cedar/slicing/index-data.ts';
import type { IndexedPolicy } from '../cedar/slicing/policy-source.ts';
import { termsOfText } from '../cedar/slicing/policy-source.ts';
import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { entitiesFailure } from '../cedar/validation/check-entities.ts';
import { explicitEntities } from '../cedar/validation/explicit-entities.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { digestOf } from './canonical.ts';
import { KEYS } from './kv-keys.ts';
import { type Head, type PageEntry, writeIndex, writePolicy } from './stored-form.ts';
import type { VersionContent } from './version-schemas.ts';

/** The parts of a version besides its body, as they are stored. */
export interface StoredPolicies {
  /** The index, behind a line with its digest. */
  readonly index: string;
  /** The pages by their digests. */
  readonly pages: ReadonlyMap<string, string>;
}

/**
 * About how many characters a page has. A request reads few pages, because policies that are found by the same
 * comparison stand together. Smaller pages would only be more entries in the index.
 */
const PAGE_LENGTH = 48_000;

/** With more policies than this, other requests are answered between the steps. */
const MANY = 500;

/**
 * Makes the index and the pages of a version.
 *
 * @param digest The digest of its body.
 * @param known The terms of policies that have been read already, by id.
 * @param pageLength How many characters end a page.
 * @throws Error when Cedar cannot use the entities of the version. Then its policies must not be used either.
 */
export async function storedPolicies(
  digest: string,
  {
    policies,
    schema,
    entities,
    settings,
  }: Pick<VersionContent, 'policies' | 'schema' | 'entities' | 'settings'>,
  known: ReadonlyMap<string, PolicyTerms> = new Map(),
  pageLength: number = PAGE_LENGTH,
): Promise<StoredPolicies> {
  const explicit = explicitEntities(schema, entities);
  const failure = entitiesFailure(explicit);
  if (failure !== undefined) throw new Error(`Cedar cannot use the entities: ${failure}`);
  const all = Object.entries(policies)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, text]) => ({ id, text, terms: known.get(id) ?? termsOfText(text) }));
  if (all.length > MANY) await pause();
  const { order, data } = inPageOrder(buildIndex(all.map(({ terms }) => terms)));
  if (all.length > MANY) await pause();
  const ordered = order.map((ordinal) => {
    const policy = all[ordinal];
    if (policy === undefined) throw new Error('The index names a policy that does not exist.');
    return policy;
  });
  const { pages, entries } = await putOnPages(ordered, pageLength);
  if (all.length > MANY) await pause();
  const head: Head = { digest, ...writeIndex(data), entities: explicit, settings, pages: entries };
  const text = JSON.stringify(head);
  const index = `${await digestOf(text)}\n${text}`;
  if (all.length > MANY) await pause();
  return { index, pages };
}

/** Puts policies on pages, in their order. */
async function putOnPages(
  policies: readonly IndexedPolicy[],
  pageLength: number,
): Promise<{ pages: ReadonlyMap<string, string>; entries: readonly PageEntry[] }> {
  const pages = new Map<string, string>();
  const entries: PageEntry[] = [];
  let lines: string[] = [];
  let length = 0;
  let first = 0;
  const endPage = async (): Promise<void> => {
    const text = lines.join('\n');
    const digest = await digestOf(text);
    pages.set(digest, text);
    entries.push({ first, digest });
    first += lines.length;
    lines = [];
    length = 0;
  };
  for (const policy of policies) {
    const line = writePolicy(policy);
    lines.push(line);
    length += line.length;
    if (length >= pageLength) await endPage();
  }
  if (lines.length > 0) await endPage();
  return { pages, entries };
}

/**
 * Numbers policies so that those which are found together stand together: first those that every request reads,
 * then the others in the order of the groups of the index.
 *
 * @returns The ordinals of the policies in their new order, and the index with the new numbers.
 */
function inPageOrder({ rest, groups }: IndexData): { order: readonly number[]; data: IndexData } {
  const numbers = new Map<number, number>();
  for (const ordinal of [...rest, ...groups.flatMap(({ ordinals }) => ordinals)])
    if (!numbers.has(ordinal)) numbers.set(ordinal, numbers.size);
  const renumbered = (ordinals: readonly number[]): number[] =>
    ordinals.map((ordinal) => numbers.get(ordinal) ?? 0);
  return {
    order: [...numbers.keys()],
    data: {
      rest: renumbered(rest),
      groups: groups.map((group) => ({ ...group, ordinals: renumbered(group.ordinals) })),
    },
  };
}

/**
 * How many characters of pages and index a publication stores at once. More are left to the request that needs
 * them.
 */
const HANDED_ON = 2 * LIMITS.versionBytes;

/**
 * The pages and the index that a publication stores, by key, the index last; none when they are too large together.
 */
export function partsOf(digest: string, { index, pages }: StoredPolicies): [key: string, value: string][] {
  const parts: [string, string][] = [...pages].map(([page, text]) => [KEYS.page(page), text]);
  parts.push([KEYS.index(digest), index]);
  const length = parts.reduce((sum, [, value]) => sum + value.length, 0);
  return length <= HANDED_ON ? parts : [];
}
