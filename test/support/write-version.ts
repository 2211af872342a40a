import type { PolicyTerms } from '../../src/cedar/slicing/policy-terms.ts';
import { canonicalJson, digestOf } from '../../src/policy-sets/canonical.ts';
import { KEYS, type VersionPointer } from '../../src/policy-sets/kv-keys.ts';
import { storedPolicies } from '../../src/policy-sets/stored-policies.ts';
import type { VersionContent } from '../../src/policy-sets/version-schemas.ts';

/** The content of a version with these policies and nothing else. */
export function contentOf(
  policies: Readonly<Record<string, string>>,
  more: Partial<VersionContent> = {},
): VersionContent {
  return {
    format: 1,
    policies: { ...policies },
    schema: null,
    entities: [],
    settings: { authorizeEntrypoints: false },
    tests: [],
    message: 'test',
    author: 'test',
    createdAt: '2026-01-01T00:00:00Z',
    ...more,
  };
}

/**
 * Writes a version straight to KV, past gates and registry, and points `active` at it: for tests of the
 * read path, some of which need versions that no gate would let pass.
 */
export async function writeVersion(
  kv: Pick<KVNamespace, 'put'>,
  name: string,
  version: number,
  content: VersionContent,
  known?: ReadonlyMap<string, PolicyTerms>,
): Promise<VersionPointer> {
  const body = canonicalJson(content);
  const pointer = { version, digest: await digestOf(body) };
  const text = JSON.stringify(pointer);
  await kv.put(KEYS.body(pointer.digest), body);
  // As a publication does. What no gate would let pass may have none.
  const stored = await storedPolicies(pointer.digest, content, known).catch(() => undefined);
  if (stored !== undefined) {
    for (const [digest, page] of stored.pages) await kv.put(KEYS.page(digest), page);
    await kv.put(KEYS.index(pointer.digest), stored.index);
  }
  await kv.put(KEYS.version(name, String(version)), text);
  await kv.put(KEYS.digest(name, pointer.digest), text);
  await kv.put(KEYS.set(name), JSON.stringify({ name }));
  await kv.put(KEYS.alias(name, 'active'), text);
  return pointer;
}
