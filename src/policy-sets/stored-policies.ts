/**
 * The policies of a version as requests read them from KV, beside the version's body: an index, which tells
 * by a request where the policies stand that may matter to it, and pages that they stand on. So a request
 * reads its pages, and not the other thousands of policies.
 *
 * All of it is made from the body alone. The index begins with a digest of itself and names the body's and
 * the pages'; what is not whole, or belongs to something else, is made anew from the body.
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { buildIndex } from '../cedar/slicing/build-index.ts';
import type { IndexData } from '../cedar/slicing/index-data.ts';
import { PolicyIndex } from '../cedar/slicing/policy-index.ts';
import type { IndexedPolicy } from '../cedar/slicing/policy-source.ts';
import { type PolicyReader, type PolicySource, termsOfText } from '../cedar/slicing/policy-source.ts';
import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { entitiesFailure } from '../cedar/validation/check-entities.ts';
import { explicitEntities } from '../cedar/validation/explicit-entities.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { firstAt } from '../compiler/model/ordered.ts';
import { digestOf } from './canonical.ts';
import { KEYS } from './kv-keys.ts';
import { readIndex, readPolicyLine, type StoredIndex, writeIndex, writePolicy } from './stored-form.ts';
import type { VersionContent } from './version-schemas.ts';

/** What every request reads of a version. Policies have the numbers that {@link inPageOrder} gives them. */
interface Head extends StoredIndex {
  /** The digest of the body. */
  readonly digest: string;
  /** As {@link explicitEntities} makes them: requests are decided without the schema. */
  readonly entities: readonly EntityJson[];
  readonly settings: VersionContent['settings'];
  readonly pages: readonly PageEntry[];
}

interface PageEntry {
  /** The number of the first policy on it; on it are all up to the next page's. */
  readonly first: number;
  /** The digest of its text. */
  readonly digest: string;
}

/** What is stored of a version besides its body. */
export interface StoredPolicies {
  /** The index, with the line of its digest. */
  readonly index: string;
  /** The pages by their digests. */
  readonly pages: ReadonlyMap<string, string>;
}

/**
 * How many characters of policies come on one page. A request reads few pages, for what it finds by one
 * comparison stands together: smaller ones would only be more to keep account of.
 */
const PAGE_LENGTH = 48_000;

/**
 * Makes what is stored of a version.
 *
 * @param digest The digest of its body.
 * @param known The terms of policies that have been read already.
 * @param pageLength How many characters come on one page, or little more.
 * @throws Error when Cedar could not use the version's entities: then its policies must not be used either.
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
  const { order, data } = inPageOrder(buildIndex(all.map(({ terms }) => terms)));
  const pages = new Map<string, string>();
  const entries: PageEntry[] = [];
  let lines: string[] = [];
  let length = 0;
  let first = 0;
  const turn = async (): Promise<void> => {
    const page = lines.join('\n');
    const pageDigest = await digestOf(page);
    pages.set(pageDigest, page);
    entries.push({ first, digest: pageDigest });
    first += lines.length;
    lines = [];
    length = 0;
  };
  for (const ordinal of order) {
    const policy = all[ordinal];
    if (policy === undefined) throw new Error('The index names a policy that does not exist.');
    const written = writePolicy(policy);
    lines.push(written);
    length += written.length;
    if (length >= pageLength) await turn();
  }
  if (lines.length > 0) await turn();
  const head: Head = { digest, ...writeIndex(data), entities: explicit, settings, pages: entries };
  const text = JSON.stringify(head);
  return { index: `${await digestOf(text)}\n${text}`, pages };
}

/**
 * Numbers policies so that those stand together that are found together: first those that every request
 * reads, then the others by what they are found by.
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

/** How many bytes the line with the digest has. */
const DIGEST_LINE = `sha256:${'0'.repeat(64)}\n`.length;
const DECODER = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Opens a stored index; undefined when it is damaged, or of another body. */
export async function openIndex(digest: string, index: Uint8Array): Promise<OpenedIndex | undefined> {
  const whole = index.subarray(DIGEST_LINE);
  if (DECODER.decode(index.subarray(0, DIGEST_LINE)) !== `${await digestOf(whole)}\n`) return undefined;
  const opened = openText(DECODER.decode(whole), index.length);
  return opened?.digest === digest ? opened : undefined;
}

function openText(text: string, length: number): OpenedIndex | undefined {
  try {
    const head: Partial<Head> | null = JSON.parse(text);
    // No schema: it would take longer than all else for what only we have written.
    return isHead(head) ? new OpenedIndex(head, length) : undefined;
  } catch {
    return undefined;
  }
}

function isHead(head: Partial<Head> | null): head is Head {
  const lists = [head?.groups, head?.rest, head?.entities, head?.pages];
  return lists.every(Array.isArray) && typeof head?.settings === 'object';
}

/** How many bytes of memory a byte of an index, and of a page, takes once it is read, about. */
const INDEX_BYTES = 3;
const PAGE_BYTES = 2;

/** An index that requests find by. */
export class OpenedIndex {
  readonly entities: readonly EntityJson[];
  readonly settings: VersionContent['settings'];
  /** About how many bytes of memory it takes. */
  readonly weight: number;
  /** The digest of the body that it was made from. */
  readonly digest: string;
  readonly #index: PolicyIndex;
  readonly #pages: readonly PageEntry[];

  constructor(head: Head, length: number) {
    this.digest = head.digest;
    this.entities = head.entities;
    this.settings = head.settings;
    this.weight = INDEX_BYTES * length;
    this.#index = new PolicyIndex(readIndex(head));
    this.#pages = head.pages;
  }

  /** A source of its policies. @param fetch Has pages, by their digests: all of them, or it throws. */
  source(fetch: (digests: ReadonlySet<string>) => Promise<ReadonlyMap<string, Page>>): PolicySource {
    const pages = this.#pages;
    const firsts = pages.map(({ first }) => first);
    const pageOf = (ordinal: number): PageEntry | undefined => pages[firstAt(firsts, ordinal + 1) - 1];
    return {
      index: this.#index,
      load: async (ordinals) => {
        const needed = new Set<string>();
        for (const ordinal of ordinals) {
          const page = pageOf(ordinal);
          if (page !== undefined) needed.add(page.digest);
        }
        return readerOf(pageOf, await fetch(needed));
      },
    };
  }
}

function readerOf(
  pageOf: (ordinal: number) => PageEntry | undefined,
  pages: ReadonlyMap<string, Page>,
): PolicyReader {
  return {
    policy: (ordinal) => {
      const entry = pageOf(ordinal);
      const policy = entry && pages.get(entry.digest)?.policy(ordinal - entry.first);
      if (policy === undefined)
        throw new Error(`The policy ${ordinal} is on none of the pages that were read.`);
      return policy;
    },
  };
}

/** A page that was read. Its policies are parsed when they are first asked for. */
export class Page {
  /** About how many bytes of memory it may take. */
  readonly weight: number;
  readonly #lines: string[];
  readonly #policies: IndexedPolicy[] = [];

  constructor(text: string) {
    this.#lines = text.split('\n');
    this.weight = PAGE_BYTES * text.length;
  }

  /** The policy at a place of the page, from 0; undefined when there is none. */
  policy(place: number): IndexedPolicy | undefined {
    const held = this.#policies[place];
    if (held !== undefined) return held;
    const written = this.#lines[place];
    if (written === undefined) return undefined;
    const policy = readPolicyLine(written);
    this.#policies[place] = policy;
    // It is not needed twice.
    this.#lines[place] = '';
    return policy;
  }
}

/** How many characters of pages and index a publication hands on; whoever needs more of them makes them. */
const HANDED_ON = 2 * LIMITS.versionBytes;

/** What a publication hands on to be stored, by key, the index last; nothing where it is too much. */
export function partsOf(digest: string, { index, pages }: StoredPolicies): [key: string, value: string][] {
  const parts: [string, string][] = [...pages].map(([page, text]) => [KEYS.page(page), text]);
  parts.push([KEYS.index(digest), index]);
  const length = parts.reduce((sum, [, value]) => sum + value.length, 0);
  return length <= HANDED_ON ? parts : [];
}

/** Opens a stored page; undefined when it is not the one of this digest. */
export async function openPage(digest: string, page: Uint8Array): Promise<Page | undefined> {
  return (await digestOf(page)) === digest ? new Page(DECODER.decode(page)) : undefined;
}
