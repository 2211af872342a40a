import type { CedarMemory } from '../cedar/cedar-memory.ts';
import { basisOf, PolicyBasis } from '../cedar/slicing/basis.ts';
import { explicitEntities } from '../cedar/validation/explicit-entities.ts';
import { forEachOf, read } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import { makeAnew } from './rebuild-version.ts';
import { contentOf, doesNotFit, readContent } from './stored-body.ts';
import { type OpenedIndex, openIndex, openPage, Page, type StoredPolicies } from './stored-policies.ts';
import { readPointer } from './version-pointers.ts';
import type { ResolvedVersion, VersionReader, VersionStore } from './version-store.ts';

/**
 * Reads the version that a reference leads to. With a version that this isolate has seen, an alias costs
 * at most one read of KV, a number or a digest none.
 *
 * @param aliasSeconds How long to remember what an alias points at, in seconds; 0: not at all.
 * @throws PolicySetError when there is none, KV fails, or what is stored is not what its digest says.
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

/** Reads a version, or has it in memory. @throws PolicySetError */
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

async function keepMade(store: VersionStore, digest: string, made: StoredPolicies): Promise<VersionReader> {
  const index = await openIndex(digest, UTF8_ENCODER.encode(made.index));
  return index === undefined ? doesNotFit('an index that was just made') : keepVersion(store, digest, index);
}

/** How many bytes of memory an entity takes once it is read, about. */
const ENTITY_BYTES = 800;

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
 * Reads a version from its body, which must have this digest, while KV has not got it.
 *
 * @throws PolicySetError `policy-set-corrupt`
 */
export async function versionIn(cedar: CedarMemory, body: string, digest: string): Promise<VersionReader> {
  const content = await contentOf(UTF8_ENCODER.encode(body), digest);
  const { policies, schema, entities, settings } = content;
  try {
    return {
      basis: basisOf(cedar, policies, explicitEntities(schema, entities)),
      settings,
      content: async () => content,
    };
  } catch (cause) {
    return doesNotFit(cause);
  }
}

const UTF8_ENCODER = new TextEncoder();

/** Has pages of a version: those that are not in memory are read. @throws PolicySetError */
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
    // At once, so that a request that fails for another page has not read this one in vain.
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
    // The index in memory names another page than what its body makes: nothing can be told from it.
    if (text === undefined) {
      await keepMade(store, digest, made);
      return doesNotFit(`There is no page ${each}.`);
    }
    keep(each, new Page(text));
  }
  return found;
}
