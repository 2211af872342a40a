import type { PolicyBasis } from '../cedar/authorize.ts';
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

/** How many versions, and how many pointers to them, an isolate keeps in memory. */
const CACHED_VERSIONS = 8;
const CACHED_POINTERS = 1_000;

type Loaded = Pick<ResolvedVersion, 'basis' | 'settings'> & { readonly content: VersionContent };

/** Versions by digest, least recently used first. A digest's content never changes. */
const versions = new Map<string, Loaded>();

/** What keys of KV lead to: for good where the key is a number or a digest, else for a time. */
const pointers = new Map<string, { readonly pointer: VersionPointer; readonly readAt: number }>();

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
  const { basis, settings } = await loadVersion(kv, pointer.digest);
  return { name, ...pointer, basis, settings };
}

/** Reads the content of a version. @throws PolicySetError */
export async function readContent(kv: KVNamespace, digest: string): Promise<VersionContent> {
  return (await loadVersion(kv, digest)).content;
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
  const text = await read(kv, key);
  if (text === null) {
    if ((await read(kv, KEYS.set(name))) === null)
      throw new PolicySetError('set-not-found', `There is no policy set named ${name}.`);
    throw new PolicySetError('version-not-found', `The policy set ${name} has no version ${reference}.`);
  }
  const target = parseStored(text, (value) => AliasTargetSchema.parse(value));
  if ('archived' in target)
    throw new PolicySetError('archived', `The policy set ${name} is archived: its aliases lead nowhere.`);
  remember(pointers, CACHED_POINTERS, key, { pointer: target, readAt: now });
  return target;
}

async function loadVersion(kv: KVNamespace, digest: string): Promise<Loaded> {
  const held = versions.get(digest);
  const loaded = held ?? (await load(kv, digest));
  remember(versions, CACHED_VERSIONS, digest, loaded);
  return loaded;
}

/** Keeps the most recently used entries of a map. */
function remember<T>(map: Map<string, T>, size: number, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > size && oldest !== undefined) map.delete(oldest);
}

async function load(kv: KVNamespace, digest: string): Promise<Loaded> {
  const text = await read(kv, KEYS.body(digest));
  if (text === null) throw new PolicySetError('unavailable', `The content of ${digest} cannot be read yet.`);
  const content = await parseContent(text, digest);
  const { policies, entities, settings } = content;
  return { basis: { key: digest, policies, entities }, settings, content };
}

/** Reads a stored body, which must have this digest. @throws PolicySetError `corrupt` */
export async function parseContent(text: string, digest: string): Promise<VersionContent> {
  const found = await digestOf(text);
  if (found !== digest) {
    console.error(JSON.stringify({ event: 'policy-set-corrupt', digest, found }));
    throw new PolicySetError('corrupt', `The content stored for ${digest} has another digest.`);
  }
  return parseStored(text, (value) => VersionContentSchema.parse(value));
}

function parseStored<T>(text: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new PolicySetError('corrupt', 'What is stored for the policy set is not in a form we know.', cause);
  }
}

async function read(kv: KVNamespace, key: string): Promise<string | null> {
  try {
    return await within(READ_TIMEOUT, kv.get(key, 'text'));
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
