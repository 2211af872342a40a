import { canonicalJson, digestOf } from '../../src/policy-sets/canonical.ts';
import { KEYS, type VersionContent, type VersionPointer } from '../../src/policy-sets/model.ts';

/**
 * Writes a version straight to KV, past gates and registry, and points `active` at it: for tests of the
 * read path, some of which need versions that no gate would let pass.
 */
export async function writeVersion(
  kv: Pick<KVNamespace, 'put'>,
  name: string,
  version: number,
  content: VersionContent,
): Promise<VersionPointer> {
  const body = canonicalJson(content);
  const pointer = { version, digest: await digestOf(body) };
  const text = JSON.stringify(pointer);
  await kv.put(KEYS.body(pointer.digest), body);
  await kv.put(KEYS.version(name, String(version)), text);
  await kv.put(KEYS.digest(name, pointer.digest), text);
  await kv.put(KEYS.set(name), JSON.stringify({ name }));
  await kv.put(KEYS.alias(name, 'active'), text);
  return pointer;
}
