/**
 * Makes the index and the pages of a version again, where KV has lost them or an earlier release wrote another form.
 * @module
 */
import { waitUntil } from 'cloudflare:workers';
import { readingTerms } from '../cedar/many-policies.ts';
import { inPieces } from '../cedar/pieces.ts';
import { forEachOf, READ_TIMEOUT, write } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { doesNotFit, readContent } from './stored-body.ts';
import { type StoredPolicies, storedPolicies } from './stored-policies.ts';
import { within } from './time-limit.ts';
import type { VersionStore } from './version-store.ts';

/**
 * Makes the index and the pages of a version from its body, and stores them. Requests of one isolate that need the
 * same version share the work.
 *
 * @param because Why this is necessary, for the log.
 * @throws PolicySetError when the body cannot be read or is damaged, or when another request's work takes too
 *   long.
 */
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
      // The request that does the work may have been cancelled, so the next one does it itself.
      making.delete(digest);
      if (cause instanceof PolicySetError) throw cause;
      throw new PolicySetError(
        'policy-set-unavailable',
        'The index of the policy set is being made. Try again.',
        cause,
      );
    }
  }
  const work = readContent(kv, digest).then(async (content) => {
    const known = await inPieces(readingTerms(content.policies));
    return storedPolicies(digest, content, known).catch(doesNotFit);
  });
  making.set(digest, work);
  try {
    const made = await work;
    console.warn(JSON.stringify({ event: 'policy-index-made', digest, because }));
    // The answer does not wait until everything is stored.
    waitUntil(store(kv, digest, made));
    return made;
  } finally {
    making.delete(digest);
  }
}

/** Stores pages and index in KV; a failure is only logged. */
async function store(
  kv: KVNamespace,
  digest: string,
  { index, pages: texts }: StoredPolicies,
): Promise<void> {
  try {
    await forEachOf(texts, ([page, text]) => write(kv, KEYS.page(page), text));
    await write(kv, KEYS.index(digest), index);
  } catch (error) {
    // The next isolate that needs the index makes it again.
    console.error(JSON.stringify({ event: 'policy-index-not-stored', digest, error: String(error) }));
  }
}
