import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { canonicalJson, digestOf } from './canonical.ts';
import type { VersionSummary } from './change.ts';
import { damagedKeys } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import { partsOf, storedPolicies } from './stored-policies.ts';
import { draftOf, type VersionContent, type VersionDraft } from './version-schemas.ts';

/** What a version consists of in KV: its body, and what is made of it, by key. */
type Stored = readonly (readonly [key: string, value: string])[];

/**
 * What of a version's content KV lacks or has damaged. All of it can be made again of the same draft with what
 * the registry knows of the version.
 *
 * @param terms What is known of the draft's policies.
 * @throws PolicySetError when KV cannot be read.
 */
export async function damagedContent(
  kv: KVNamespace,
  version: VersionSummary,
  draft: VersionDraft,
  terms: ReadonlyMap<string, PolicyTerms>,
): Promise<Stored> {
  const { message, author, createdAt, digest } = version;
  const content: VersionContent = { format: 1, ...draftOf(draft), message, author, createdAt };
  const body = canonicalJson(content);
  if ((await digestOf(body)) !== digest) {
    // It was written by a release that filled in other defaults: nothing can be told of it.
    console.error(JSON.stringify({ event: 'version-not-reproducible', digest }));
    return [];
  }
  const stored: Stored = [
    ...partsOf(digest, await storedPolicies(digest, content, terms)),
    [KEYS.body(digest), body],
  ];
  const damaged = await damagedKeys(kv, new Map(stored));
  return stored.filter(([key]) => damaged.has(key));
}
