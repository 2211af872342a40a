/**
 * Reads versions of policy sets for requests, from memory or from KV.
 * @module
 */
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import { readingTerms } from '../cedar/many-policies.ts';
import { inPieces } from '../cedar/pieces.ts';
import { basisOf, PolicyBasis } from '../cedar/slicing/basis.ts';
import { explicitEntities } from '../cedar/validation/explicit-entities.ts';
import { forEachOf, read } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import { type OpenedIndex, openIndex, openPage, Page } from './open-policies.ts';
import { makeAnew } from './rebuild-version.ts';
import { contentOf, doesNotFit, readContent } from './stored-body.ts';
import type { StoredPolicies } from './stored-policies.ts';
import { readPointer } from './version-pointers.ts';
import type { ResolvedVersion, VersionReader, VersionStore } from './version-store.ts';

/**
 * Reads the version that a reference leads to. When the version is in memory, an alias takes at most one read from
 * KV, and a number or a digest takes none.
 *
 * @param name The name of the policy set.
 * @param reference An alias, a number or a digest.
 * @param aliasSeconds How long to remember what an alias points at, in seconds; 0 for not at all.
 * @throws PolicySetError when there is no such version, KV fails, or a stored part does not have its digest.
 */
export async function resolveVersion(
  store: VersionStore,
  name: string,
  reference: string,
  aliasSeconds: number,
): Promise<ResolvedVersion> {
  const pointer = await readPointer(store, name, reference, aliasSeconds);
  const { basis, settings } = await versionOf(store, pointer.digest);
  return { name, ...pointer, basis, settings };
}

/** The version with a digest, from memory or from KV. @throws PolicySetError when KV fails or its body is damaged. */
export async function versionOf(store: VersionStore, digest: string): Promise<VersionReader> {
  const held = store.memory.versions.get(digest);
  if (held !== undefined) return held;
  const stored = await read(store.kv, KEYS.index(digest));
  const index = stored === null ? undefined : await openIndex(digest, stored);
  if (index !== undefined) return keepVersion(store, digest, index);
  return keepMade(
    store,
    digest,
    await makeAnew(store, digest, stored === null ? 'index absent' : 'index damaged'),
  );
}

/** Keeps a version whose index was just made. */
async function keepMade(store: VersionStore, digest: string, made: StoredPolicies): Promise<VersionReader> {
  const index = await openIndex(digest, UTF8_ENCODER.encode(made.index));
  return index === undefined ? doesNotFit('an index that was just made') : keepVersion(store, digest, index);
}

/** About how many bytes of memory an entity takes once it is parsed. */
const ENTITY_BYTES = 800;

/** Makes a version of its index, and remembers it. */
function keepVersion(store: VersionStore, digest: string, index: OpenedIndex): VersionReader {
  const { entities, settings, weight } = index;
  const source = index.source((needed) => pagesOf(store, digest, needed));
  const version = {
    basis: new PolicyBasis(source, entities, store.memory.cedar, digest),
    settings,
    content: async () => readContent(store.kv, digest),
    weight: weight + ENTITY_BYTES * entities.length,
  };
  store.memory.versions.set(digest, version);
  return version;
}

/**
 * Makes a version of its body, for a version that is not in KV yet.
 *
 * @param body The canonical JSON of the version, which must have the digest.
 * @throws PolicySetError `policy-set-corrupt`
 */
export async function versionIn(cedar: CedarMemory, body: string, digest: string): Promise<VersionReader> {
  const content = await contentOf(UTF8_ENCODER.encode(body), digest);
  const { policies, schema, entities, settings } = content;
  const known = await inPieces(readingTerms(policies));
  try {
    return {
      basis: basisOf(cedar, policies, explicitEntities(schema, entities), known),
      settings,
      content: async () => content,
    };
  } catch (cause) {
    return doesNotFit(cause);
  }
}

const UTF8_ENCODER = new TextEncoder();

/**
 * The pages of a version by their digests, from memory or from KV. Pages that are absent or damaged are made again
 * from the body of the version.
 *
 * @throws PolicySetError when KV fails or the body is damaged.
 */
async function pagesOf(
  store: VersionStore,
  digest: string,
  needed: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Page>> {
  const { pages } = store.memory;
  const found = new Map<string, Page>();
  const missing: string[] = [];
  const lost: string[] = [];
  const keep = (each: string, page: Page): void => {
    // A page is remembered at once, so that it is there for the next request even if another page fails.
    pages.set(each, page);
    found.set(each, page);
  };
  for (const each of needed) {
    const held = pages.get(each);
    if (held === undefined) missing.push(each);
    else found.set(each, held);
  }
  await forEachOf(missing, async (each) => {
    const stored = await read(store.kv, KEYS.page(each));
    const page = stored === null ? undefined : await openPage(each, stored);
    if (page === undefined) lost.push(each);
    else keep(each, page);
  });
  if (lost.length === 0) return found;
  const made = await makeAnew(store, digest, 'page absent or damaged');
  for (const each of lost) {
    const text = made.pages.get(each);
    // The index in memory names a page that its body does not make, so the index is wrong and is replaced.
    if (text === undefined) {
      await keepMade(store, digest, made);
      return doesNotFit(`There is no page ${each}.`);
    }
    keep(each, new Page(text));
  }
  return found;
}
