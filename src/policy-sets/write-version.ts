import { canonicalJson, digestOf } from './canonical.ts';
import { KEYS, type VersionContent, type VersionPointer } from './model.ts';

/**
 * Writes a version and points `active` at it: the body before whatever leads to it, so that a reader
 * between two writes never finds a pointer to nothing. It numbers nothing itself: one writer must.
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
