import { waitUntil } from 'cloudflare:workers';
import { z } from 'zod';
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import { basisOf, PolicyBasis } from '../cedar/slicing/basis.ts';
import { explicitEntities } from '../cedar/validation/explicit-entities.ts';
import { Failure } from '../failures/failure.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import { digestOf } from './canonical.ts';
import {
  AliasTargetSchema,
  KEYS,
  referenceKind,
  type SetSummary,
  SetSummarySchema,
  type VersionContent,
  VersionContentSchema,
  type VersionPointer,
} from './model.ts';
import {
  type OpenedIndex,
  openIndex,
  openPage,
  Page,
  type StoredPolicies,
  storedPolicies,
} from './stored-policies.ts';
import { within } from './time-limit.ts';

/** A version as requests use it. */
export interface ResolvedVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
}

/** Why a version cannot be had. */
export class PolicySetError extends Failure {
  override readonly name = 'PolicySetError';
  readonly code:
    | 'policy-set-not-found'
    | 'policy-set-version-not-found'
    | 'policy-set-archived'
    | 'policy-set-unavailable'
    | 'policy-set-corrupt';
  constructor(code: PolicySetError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** How long a read from KV, and a write to it, may take before it counts as failed, in milliseconds. */
const READ_TIMEOUT = 5_000;
const WRITE_TIMEOUT = 10_000;

/** A version, as far as it is in memory. */
export interface VersionReader {
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
  /** All that it holds, read anew. @throws PolicySetError `policy-set-unavailable` or `policy-set-corrupt` */
  content(): Promise<VersionContent>;
}

/** What an isolate remembers of policy sets. */
export class VersionMemory {
  readonly cedar: CedarMemory;
  /** Versions and pages by digest. */
  readonly versions = new Recent<string, VersionReader & { readonly weight: number }>(
    MEMORY_BOUNDS.versions.weight,
    ({ weight }) => weight,
  );
  readonly pages = new Recent<string, Page>(MEMORY_BOUNDS.pages.weight, ({ weight }) => weight);
  /** What keys of KV lead to: for good where the key is a number or a digest, else for a time. */
  readonly pointers = new Recent<string, { readonly pointer: VersionPointer; readonly readAt: number }>(
    MEMORY_BOUNDS.pointers.weight,
    () => 1,
  );
  /** What is being made from the bodies of versions, by digest. */
  readonly making = new Map<string, Promise<StoredPolicies>>();

  constructor(cedar: CedarMemory) {
    this.cedar = cedar;
  }
}

/** Where versions are, and what is remembered of them. */
export interface VersionStore {
  readonly kv: KVNamespace;
  readonly memory: VersionMemory;
}

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

/** Makes this isolate ask KV again for what an alias points at, after it has changed it. */
export function forgetAlias({ pointers }: VersionMemory, name: string, alias: string): void {
  pointers.delete(KEYS.alias(name, alias));
}

async function readPointer(
  { kv, memory: { pointers } }: VersionStore,
  name: string,
  reference: string,
  aliasSeconds: number,
): Promise<VersionPointer> {
  const kind = referenceKind(reference);
  const key = KEYS[kind === 'number' ? 'version' : kind](name, reference);
  const now = Date.now();
  const held = pointers.get(key);
  if (held !== undefined && (kind !== 'alias' || now - held.readAt < aliasSeconds * 1_000))
    return held.pointer;
  const bytes = await read(kv, key);
  if (bytes === null) {
    if ((await read(kv, KEYS.set(name))) === null)
      throw new PolicySetError('policy-set-not-found', `There is no policy set named ${name}.`);
    throw new PolicySetError(
      'policy-set-version-not-found',
      `The policy set ${name} has no version ${reference}.`,
    );
  }
  const target = parseStored(UTF8.decode(bytes), (value) => AliasTargetSchema.parse(value));
  if ('archived' in target)
    throw new PolicySetError(
      'policy-set-archived',
      `The policy set ${name} is archived: its aliases lead nowhere.`,
    );
  pointers.set(key, { pointer: target, readAt: now });
  return target;
}

const UTF8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
const UTF8_ENCODER = new TextEncoder();

/** How many bytes of memory an entity takes once it is read, about. */
const ENTITY_BYTES = 800;

/** Uses of KV at once: a Worker has six connections, and time would run out for what waits for one. */
const PARALLEL = 6;

/** Does something for each of some things, a few at once. */
async function forEachOf<T>(things: Iterable<T>, work: (thing: T) => Promise<void>): Promise<void> {
  const queue = [...things].values();
  const workOn = async (): Promise<void> => {
    for (const thing of queue) await work(thing);
  };
  await Promise.all(Array.from({ length: PARALLEL }, workOn));
}

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

/** Makes from a version's body what is read besides it, and stores that. @throws PolicySetError */
async function makeAnew(
  { kv, memory: { making } }: VersionStore,
  digest: string,
  because: string,
): Promise<StoredPolicies> {
  const underWay = making.get(digest);
  if (underWay !== undefined) {
    try {
      return await within(READ_TIMEOUT, underWay);
    } catch (cause) {
      // Whoever makes it may be gone: the next one does it.
      making.delete(digest);
      if (cause instanceof PolicySetError) throw cause;
      throw new PolicySetError(
        'policy-set-unavailable',
        'The policy set is being made ready: try again.',
        cause,
      );
    }
  }
  const work = readContent(kv, digest).then((content) => storedPolicies(digest, content).catch(doesNotFit));
  making.set(digest, work);
  try {
    const made = await work;
    console.warn(JSON.stringify({ event: 'policy-index-made', digest, because }));
    // Nobody waits for it.
    waitUntil(store(kv, digest, made));
    return made;
  } finally {
    making.delete(digest);
  }
}

async function store(
  kv: KVNamespace,
  digest: string,
  { index, pages: texts }: StoredPolicies,
): Promise<void> {
  try {
    await forEachOf(texts, ([page, text]) => write(kv, KEYS.page(page), text));
    await write(kv, KEYS.index(digest), index);
  } catch (error) {
    // The next to need it makes it again.
    console.error(JSON.stringify({ event: 'policy-index-not-stored', digest, error: String(error) }));
  }
}

async function write(kv: KVNamespace, key: string, value: string): Promise<void> {
  await within(WRITE_TIMEOUT, kv.put(key, value));
}

async function readContent(kv: KVNamespace, digest: string): Promise<VersionContent> {
  const body = await read(kv, KEYS.body(digest));
  if (body === null)
    throw new PolicySetError('policy-set-unavailable', `The content of ${digest} cannot be read yet.`);
  return contentOf(body, digest);
}

const PoliciesSchema = z.looseObject({ policies: z.custom<object>((value) => typeof value === 'object') });

/** Reads a body, which must have this digest. @throws PolicySetError `policy-set-corrupt` */
async function contentOf(body: Uint8Array, digest: string): Promise<VersionContent> {
  const found = await digestOf(body);
  if (found !== digest) {
    console.error(JSON.stringify({ event: 'policy-set-corrupt', digest, found }));
    throw new PolicySetError('policy-set-corrupt', `The content stored for ${digest} has another digest.`);
  }
  return parseStored(UTF8.decode(body), (value) => {
    const content = VersionContentSchema.parse(value);
    const { policies } = PoliciesSchema.parse(value);
    // One that is lost in reading might be a forbid.
    if (Object.keys(policies).length !== Object.keys(content.policies).length)
      throw new Error('Not every policy could be read.');
    return content;
  });
}

function doesNotFit(cause: unknown): never {
  throw new PolicySetError(
    'policy-set-corrupt',
    'What is stored for the policy set does not fit together.',
    cause,
  );
}

function parseStored<T>(text: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new PolicySetError(
      'policy-set-corrupt',
      'What is stored for the policy set is not in a form we know.',
      cause,
    );
  }
}

async function read(kv: KVNamespace, key: string): Promise<Uint8Array | null> {
  try {
    const bytes = await within(READ_TIMEOUT, kv.get(key, 'arrayBuffer'));
    return bytes === null ? null : new Uint8Array(bytes);
  } catch (cause) {
    throw new PolicySetError('policy-set-unavailable', 'The policy set cannot be read.', cause);
  }
}

/** The keys under which KV has something else than it should, or nothing. @throws PolicySetError */
export async function damagedKeys(
  kv: KVNamespace,
  expected: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string>> {
  const damaged = new Set<string>();
  await forEachOf(expected, async ([key, value]) => {
    const stored = await read(kv, key);
    if (stored === null || UTF8.decode(stored) !== value) damaged.add(key);
  });
  return damaged;
}

/** Whether KV answers at all; what it answers does not matter. @throws PolicySetError */
export async function probeStorage(kv: KVNamespace): Promise<void> {
  await read(kv, KEYS.set('readyz'));
}

/** A page of the list of sets, in the order of their names. @throws PolicySetError */
export async function listSets(
  kv: KVNamespace,
  limit: number,
  cursor: string | undefined,
): Promise<{ sets: SetSummary[]; next: string | undefined }> {
  try {
    const page = await within(
      READ_TIMEOUT,
      kv.list<unknown>({ prefix: KEYS.sets, limit, ...(cursor === undefined ? {} : { cursor }) }),
    );
    const sets = page.keys.map(({ metadata }) =>
      parseStored(JSON.stringify(metadata ?? null), (value) => SetSummarySchema.parse(value)),
    );
    return { sets, next: page.list_complete ? undefined : page.cursor };
  } catch (cause) {
    if (cause instanceof PolicySetError) throw cause;
    throw new PolicySetError('policy-set-unavailable', 'The policy sets cannot be listed.', cause);
  }
}
