import { z } from 'zod';
import { PolicyBasis, type PolicySource } from '../cedar/basis.ts';
import { PolicyIndex } from '../cedar/policy-index.ts';
import { Recent } from '../cedar/recent.ts';
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
import { IndexedBody, makeIndex } from './stored-index.ts';
import { within } from './within.ts';

/** A version as requests use it. */
export interface ResolvedVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
}

/** Why a version cannot be had. */
export class PolicySetError extends Error {
  override readonly name = 'PolicySetError';
  readonly kind: 'set-not-found' | 'version-not-found' | 'archived' | 'unavailable' | 'corrupt';
  constructor(kind: PolicySetError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** How long a read from KV may take before it counts as failed, in milliseconds. */
const READ_TIMEOUT = 5_000;

/** How many bytes of versions, and how many pointers to them, an isolate keeps in memory. */
const CACHED_BYTES = 24 * 1_048_576;
const CACHED_POINTERS = 1_000;

/** A version that is in memory. */
export interface VersionReader {
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
  /** All that it holds, read anew. @throws PolicySetError `corrupt` */
  content(): VersionContent;
  /** About how many bytes of memory it takes. */
  readonly weight: number;
  /** Gives its memory back; it is of no use after that. */
  release(): void;
}

/** Versions by digest. A digest's content never changes. */
const versions = new Recent<string, VersionReader>(CACHED_BYTES, ({ weight }) => weight);

/** What keys of KV lead to: for good where the key is a number or a digest, else for a time. */
const pointers = new Recent<string, { readonly pointer: VersionPointer; readonly readAt: number }>(
  CACHED_POINTERS,
  () => 1,
);

/**
 * Reads the version that a reference leads to. With a version that this isolate has seen, an alias costs
 * at most one read of KV, a number or a digest none.
 *
 * @param aliasSeconds How long to remember what an alias points at, in seconds; 0: not at all.
 * @throws PolicySetError when there is none, KV fails, or what is stored is not what its digest says.
 */
export async function resolveVersion(
  kv: KVNamespace,
  name: string,
  reference: string,
  aliasSeconds: number,
): Promise<ResolvedVersion> {
  const pointer = await readPointer(kv, name, reference, aliasSeconds);
  const { basis, settings } = await versionOf(kv, pointer.digest);
  return { name, ...pointer, basis, settings };
}

/** Reads a version, or has it in memory. @throws PolicySetError */
export async function versionOf(kv: KVNamespace, digest: string): Promise<VersionReader> {
  const held = versions.get(digest);
  if (held !== undefined) return held;
  const [body, index] = await Promise.all([read(kv, KEYS.body(digest)), read(kv, KEYS.index(digest))]);
  if (body === null) throw new PolicySetError('unavailable', `The content of ${digest} cannot be read yet.`);
  const version = await readVersion(body, digest, index, (made) => storeIndex(kv, digest, made));
  for (const gone of versions.makeRoom(version.weight)) gone.release();
  versions.set(digest, version);
  return version;
}

/**
 * Reads a version from its body, which must have this digest, and its index.
 *
 * @throws PolicySetError `corrupt`
 */
export async function versionIn(
  body: string,
  digest: string,
  index: string | undefined,
): Promise<VersionReader> {
  const utf8 = new TextEncoder();
  const stored = index === undefined ? null : utf8.encode(index);
  return readVersion(utf8.encode(body), digest, stored, async () => {});
}

/** Makes this isolate ask KV again for what an alias points at, after it has changed it. */
export function forgetAlias(name: string, alias: string): void {
  pointers.delete(KEYS.alias(name, alias));
}

async function readPointer(
  kv: KVNamespace,
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
      throw new PolicySetError('set-not-found', `There is no policy set named ${name}.`);
    throw new PolicySetError('version-not-found', `The policy set ${name} has no version ${reference}.`);
  }
  const target = parseStored(UTF8.decode(bytes), (value) => AliasTargetSchema.parse(value));
  if ('archived' in target)
    throw new PolicySetError('archived', `The policy set ${name} is archived: its aliases lead nowhere.`);
  pointers.set(key, { pointer: target, readAt: now });
  return target;
}

const UTF8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Opens a version by its index, or makes that. @throws PolicySetError `corrupt` */
async function readVersion(
  body: Uint8Array,
  digest: string,
  index: Uint8Array | null,
  store: (made: string) => Promise<void>,
): Promise<VersionReader> {
  const found = await digestOf(body);
  if (found !== digest) {
    console.error(JSON.stringify({ event: 'policy-set-corrupt', digest, found }));
    throw new PolicySetError('corrupt', `The content stored for ${digest} has another digest.`);
  }
  const opened = index === null ? undefined : await IndexedBody.open(body, digest, index);
  if (opened !== undefined) return readerOf(opened);

  const was = index === null ? 'absent' : 'damaged';
  console.warn(JSON.stringify({ event: 'policy-index-made', digest, was }));
  const text = UTF8.decode(body);
  const made = await makeIndex(digest, text, parseContent(text)).catch(doesNotFit);
  const indexed = await IndexedBody.open(body, digest, new TextEncoder().encode(made));
  if (indexed === undefined) return doesNotFit('an index that was just made');
  const reader = readerOf(indexed);
  await store(made);
  return reader;
}

async function storeIndex(kv: KVNamespace, digest: string, index: string): Promise<void> {
  try {
    await within(READ_TIMEOUT, kv.put(KEYS.index(digest), index));
  } catch (error) {
    // The next to need it makes it again.
    console.error(JSON.stringify({ event: 'policy-index-not-stored', digest, error: String(error) }));
  }
}

/** How many bytes of memory an entity takes once it is read, about. */
const ENTITY_BYTES = 800;

function readerOf(indexed: IndexedBody): VersionReader {
  const { entities, settings } = parseStored(indexed.rest, (value) => DecidingContentSchema.parse(value));
  const whole = <T>(read: () => T): T => {
    // It takes many other versions between two steps of one request for this to happen.
    if (indexed.released)
      throw new PolicySetError('unavailable', 'The policy set was let go for others meanwhile: try again.');
    try {
      return read();
    } catch (cause) {
      return doesNotFit(cause);
    }
  };
  const terms: PolicySource['terms'] = (ordinal) => whole(() => indexed.terms(ordinal));
  const source: PolicySource = {
    index: new PolicyIndex(indexed.data, terms),
    terms,
    read: (ordinal) => whole(() => indexed.read(ordinal)),
    textOf: (id) => whole(() => indexed.textOf(id)),
  };
  return {
    basis: new PolicyBasis(source, entities),
    settings,
    content: () => parseContent(whole(() => indexed.text)),
    weight: indexed.weight + ENTITY_BYTES * entities.length,
    release: () => indexed.release(),
  };
}

/** What requests need of a version besides its policies: the rest was read when it was published. */
const DecidingContentSchema = VersionContentSchema.extend({ schema: z.unknown(), tests: z.unknown() });

function doesNotFit(cause: unknown): never {
  throw new PolicySetError('corrupt', 'What is stored for the policy set does not fit together.', cause);
}

function parseContent(text: string): VersionContent {
  return parseStored(text, (value) => VersionContentSchema.parse(value));
}

function parseStored<T>(text: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new PolicySetError('corrupt', 'What is stored for the policy set is not in a form we know.', cause);
  }
}

async function read(kv: KVNamespace, key: string): Promise<Uint8Array | null> {
  try {
    const bytes = await within(READ_TIMEOUT, kv.get(key, 'arrayBuffer'));
    return bytes === null ? null : new Uint8Array(bytes);
  } catch (cause) {
    throw new PolicySetError('unavailable', 'The policy set cannot be read.', cause);
  }
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
    throw new PolicySetError('unavailable', 'The policy sets cannot be listed.', cause);
  }
}
