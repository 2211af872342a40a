import type { PolicyBasis } from '../cedar/authorize.ts';
import { digestOf } from './canonical.ts';
import {
  KEYS,
  type VersionContent,
  VersionContentSchema,
  type VersionPointer,
  VersionPointerSchema,
} from './model.ts';

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
  readonly kind: 'set-not-found' | 'version-not-found' | 'unavailable' | 'corrupt';
  constructor(kind: PolicySetError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** How long a read from KV may take before it counts as failed, in milliseconds. */
const READ_TIMEOUT = 5_000;

/** How many versions an isolate keeps in memory. */
const CACHED_VERSIONS = 8;

/** Versions by digest, least recently used first. A digest's content never changes. */
const cache = new Map<string, Pick<ResolvedVersion, 'basis' | 'settings'>>();

/**
 * Reads the version that a reference leads to.
 *
 * @throws PolicySetError when there is none, KV fails, or what is stored is not what its digest says.
 */
export async function resolveVersion(
  kv: KVNamespace,
  name: string,
  reference: string,
): Promise<ResolvedVersion> {
  const pointer = await readPointer(kv, name, reference);
  const held = cache.get(pointer.digest);
  const loaded = held ?? (await load(kv, pointer.digest));
  cache.delete(pointer.digest);
  cache.set(pointer.digest, loaded);
  const [oldest] = cache.keys();
  if (cache.size > CACHED_VERSIONS && oldest !== undefined) cache.delete(oldest);
  return { name, ...pointer, ...loaded };
}

async function readPointer(kv: KVNamespace, name: string, reference: string): Promise<VersionPointer> {
  const key = reference.startsWith('sha256:')
    ? KEYS.digest(name, reference)
    : /^[0-9]+$/.test(reference)
      ? KEYS.version(name, reference)
      : KEYS.alias(name, reference);
  const text = await read(kv, key);
  if (text !== null) return parseStored(text, (value) => VersionPointerSchema.parse(value));
  if ((await read(kv, KEYS.set(name))) === null) {
    throw new PolicySetError('set-not-found', `There is no policy set named ${name}.`);
  }
  throw new PolicySetError('version-not-found', `The policy set ${name} has no version ${reference}.`);
}

async function load(kv: KVNamespace, digest: string): Promise<Pick<ResolvedVersion, 'basis' | 'settings'>> {
  const text = await read(kv, KEYS.body(digest));
  if (text === null) throw new PolicySetError('unavailable', `The content of ${digest} cannot be read yet.`);
  if ((await digestOf(text)) !== digest) {
    throw new PolicySetError('corrupt', `The content stored for ${digest} has another digest.`);
  }
  const { policies, entities, settings } = parseStored(text, (value) => VersionContentSchema.parse(value));
  return { basis: { key: digest, policies, entities }, settings };
}

function parseStored<T>(text: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new PolicySetError('corrupt', 'What is stored for the policy set is not in a form we know.', cause);
  }
}

async function read(kv: KVNamespace, key: string): Promise<string | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`KV took longer than ${READ_TIMEOUT} ms.`)), READ_TIMEOUT);
  });
  try {
    return await Promise.race([kv.get(key, 'text'), timeout]);
  } catch (cause) {
    throw new PolicySetError('unavailable', 'The policy set cannot be read.', cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether KV answers at all; what it answers does not matter. @throws PolicySetError */
export async function probeStorage(kv: KVNamespace): Promise<void> {
  await read(kv, KEYS.set('readyz'));
}
