import { waitUntil } from 'cloudflare:workers';
import { forEachOf, READ_TIMEOUT, write } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { doesNotFit, readContent } from './stored-body.ts';
import { type StoredPolicies, storedPolicies } from './stored-policies.ts';
import { within } from './time-limit.ts';
import type { VersionStore } from './version-store.ts';

/** Makes from a version's body what is read besides it, and stores that. @throws PolicySetError */
export async function makeAnew(
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
