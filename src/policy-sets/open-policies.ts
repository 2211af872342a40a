/**
 * Opens the stored index and pages of a version, which `stored-policies.ts` makes. Whatever is damaged, or belongs to
 * another version, is not opened.
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { PolicyIndex } from '../cedar/slicing/policy-index.ts';
import type { IndexedPolicy, PolicyReader, PolicySource } from '../cedar/slicing/policy-source.ts';
import { firstAt } from '../compiler/model/ordered.ts';
import { digestOf } from './canonical.ts';
import { type Head, type PageEntry, readIndex, readPolicyLine } from './stored-form.ts';
import type { VersionContent } from './version-schemas.ts';

/** How many bytes the line with the digest has. */
const DIGEST_LINE = `sha256:${'0'.repeat(64)}\n`.length;

/** Decodes UTF-8. */
const DECODER = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/**
 * Opens a stored index.
 *
 * @param digest The digest of the version's body.
 * @returns The index; undefined when it is damaged, or belongs to another body.
 */
export async function openIndex(digest: string, index: Uint8Array): Promise<OpenedIndex | undefined> {
  const whole = index.subarray(DIGEST_LINE);
  if (DECODER.decode(index.subarray(0, DIGEST_LINE)) !== `${await digestOf(whole)}\n`) return undefined;
  const opened = openText(DECODER.decode(whole), index.length);
  return opened?.digest === digest ? opened : undefined;
}

function openText(text: string, length: number): OpenedIndex | undefined {
  try {
    const head: Partial<Head> | null = JSON.parse(text);
    // The form is not checked by a schema, which would take most of the time: the digest says that we have written it.
    return isHead(head) ? new OpenedIndex(head, length) : undefined;
  } catch {
    return undefined;
  }
}

function isHead(head: Partial<Head> | null): head is Head {
  const lists = [head?.groups, head?.rest, head?.entities, head?.pages];
  return lists.every(Array.isArray) && typeof head?.settings === 'object';
}

/** About how many bytes of memory a byte of an index takes once it is parsed. */
const INDEX_BYTES = 3;

/** About how many bytes of memory a character of a page takes once it is parsed. */
const PAGE_BYTES = 2;

/**
 * An index that was opened: it finds the policies for requests, and holds the entities and settings of the version.
 */
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

  /**
   * A source of the version's policies.
   *
   * @param fetch Reads all pages with some digests, or throws an error.
   */
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

/** A reader of the policies that are on some pages. */
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

/** A page that was read. Each policy is parsed when it is first needed. */
export class Page {
  /** About how many bytes of memory it may take. */
  readonly weight: number;
  readonly #lines: string[];
  readonly #policies: IndexedPolicy[] = [];

  constructor(text: string) {
    this.#lines = text.split('\n');
    this.weight = PAGE_BYTES * text.length;
  }

  /** The policy at a place on the page, counted from 0; undefined when there is none. */
  policy(place: number): IndexedPolicy | undefined {
    const held = this.#policies[place];
    if (held !== undefined) return held;
    const written = this.#lines[place];
    if (written === undefined) return undefined;
    const policy = readPolicyLine(written);
    this.#policies[place] = policy;
    // The line is no longer needed, so its memory is released.
    this.#lines[place] = '';
    return policy;
  }
}

/** Opens a stored page; undefined when it does not have this digest. */
export async function openPage(digest: string, page: Uint8Array): Promise<Page | undefined> {
  return (await digestOf(page)) === digest ? new Page(DECODER.decode(page)) : undefined;
}
