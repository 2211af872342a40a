import { KEYS } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { within } from './time-limit.ts';

/** How long a read from KV, and a write to it, may take before it counts as failed, in milliseconds. */
export const READ_TIMEOUT = 5_000;
const WRITE_TIMEOUT = 10_000;

/** Uses of KV at once: a Worker has six connections, and time would run out for what waits for one. */
const PARALLEL = 6;

/** Does something for each of some things, a few at once. */
export async function forEachOf<T>(things: Iterable<T>, work: (thing: T) => Promise<void>): Promise<void> {
  const queue = [...things].values();
  const workOn = async (): Promise<void> => {
    for (const thing of queue) await work(thing);
  };
  await Promise.all(Array.from({ length: PARALLEL }, workOn));
}

/** Reads bytes as UTF-8, without leaving out a byte order mark, so that a digest can be checked. */
export const UTF8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Writes a value to KV. @throws Error when KV fails, or takes too long */
export async function write(kv: KVNamespace, key: string, value: string): Promise<void> {
  await within(WRITE_TIMEOUT, kv.put(key, value));
}

/** Parses what KV holds. @throws PolicySetError `policy-set-corrupt` when it has another form */
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
