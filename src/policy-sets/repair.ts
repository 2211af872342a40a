/**
 * Finds the parts of a published version that KV has lost, so that publishing it again repairs them.
 * @module
 */
import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { canonicalJson, digestOf } from './canonical.ts';
import { damagedKeys } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import type { VersionSummary } from './policy-set-schemas.ts';
import { partsOf, storedPolicies } from './stored-policies.ts';
import { draftOf, type VersionContent, type VersionDraft } from './version-schemas.ts';

/** Parts of a version in KV, by key: its body, its pages and its index. */
type Stored = readonly (readonly [key: string, value: string])[];

/**
 * The parts of a version that are missing or damaged in KV, with the values that they should have. These are made
 * again from the same draft and from what the registry knows about the version.
 *
 * @param terms The terms of the draft's policies, by id.
 * @returns The parts; none when the draft does not make the same body again.
 * @throws PolicySetError `policy-set-unavailable` when KV cannot be read.
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
    // An earlier release published the version and filled in other defaults, so its body cannot be made again.
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
