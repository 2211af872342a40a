/**
 * Reads from KV and writes to it, within time limits and a few keys at once.
 * @module
 */
import { KEYS } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { within } from './time-limit.ts';

/** How long a read from KV may take before it counts as failed, in milliseconds. */
export const READ_TIMEOUT = 5_000;

/** How long a write to KV may take before it counts as failed, in milliseconds. */
const WRITE_TIMEOUT = 10_000;

/** How many keys are used at once. A Worker has six connections, and a use that waits for one could time out. */
const PARALLEL = 6;

/** Does the work for each thing, at most {@link PARALLEL} at once. Rejects with the first error. */
export async function forEachOf<T>(things: Iterable<T>, work: (thing: T) => Promise<void>): Promise<void> {
  const queue = [...things].values();
  const workOn = async (): Promise<void> => {
    for (const thing of queue) await work(thing);
  };
  await Promise.all(Array.from({ length: PARALLEL }, workOn));
}

/** Decodes UTF-8 and keeps a byte order mark, so that different bytes do not become the same text. */
export const UTF8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Writes a value to KV. @throws Error when KV fails or takes too long. */
export async function write(kv: KVNamespace, key: string, value: string): Promise<void> {
  await within(WRITE_TIMEOUT, kv.put(key, value));
}

/**
 * Parses a JSON text from KV.
 *
 * @throws PolicySetError `policy-set-corrupt` when it does not have the expected form.
 */
export function parseStored<T>(text: string, parse: (value: unknown) => T): T {
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

/** Reads a value from KV; null when there is none. @throws PolicySetError `policy-set-unavailable` */
export async function read(kv: KVNamespace, key: string): Promise<Uint8Array | null> {
  try {
    const bytes = await within(READ_TIMEOUT, kv.get(key, 'arrayBuffer'));
    return bytes === null ? null : new Uint8Array(bytes);
  } catch (cause) {
    throw new PolicySetError('policy-set-unavailable', 'The policy set cannot be read.', cause);
  }
}

/**
 * The keys whose values in KV are missing or not the expected ones.
 *
 * @param expected The expected values by key.
 * @throws PolicySetError `policy-set-unavailable`
 */
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

/** Reads a key to find out whether KV answers. @throws PolicySetError `policy-set-unavailable` when it does not. */
export async function probeStorage(kv: KVNamespace): Promise<void> {
  await read(kv, KEYS.set('readyz'));
}
