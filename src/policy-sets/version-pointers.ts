/**
 * Finds which version an alias, a number or a digest of a policy set leads to.
 * @module
 */
import { parseStored, read, UTF8 } from './kv-access.ts';
import { AliasTargetSchema, KEYS, type VersionPointer } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { referenceKind } from './references.ts';
import type { VersionMemory, VersionStore } from './version-store.ts';

/** Forgets what an alias points at, after this isolate has changed it, so that it is read from KV again. */
export function forgetAlias({ pointers }: VersionMemory, name: string, alias: string): void {
  pointers.delete(KEYS.alias(name, alias));
}

/**
 * The version that a reference leads to, from memory or from KV. What a number or a digest leads to never changes,
 * so it is remembered without a limit of time.
 *
 * @param aliasSeconds How long to remember what an alias points at, in seconds; 0 for not at all.
 * @throws PolicySetError when there is no such version, its set is archived, or KV fails.
 */
export async function readPointer(
  { kv, memory: { pointers } }: VersionStore,
  name: string,
  reference: string,
  aliasSeconds: number,
): Promise<VersionPointer> {
  const kind = referenceKind(reference);
  const key = KEYS[kind === 'number' ? 'version' : kind](name, reference);
  const now = Date.now();
  const held = pointers.get(key);
  if (held !== undefined && (kind !== 'alias' || now - held.readAt < aliasSeconds * 1_000))
    return held.pointer;
  const bytes = await read(kv, key);
  if (bytes === null) {
    if ((await read(kv, KEYS.set(name))) === null)
      throw new PolicySetError('policy-set-not-found', `There is no policy set named ${name}.`);
    throw new PolicySetError(
      'policy-set-version-not-found',
      `The policy set ${name} has no version ${reference}.`,
    );
  }
  const target = parseStored(UTF8.decode(bytes), (value) => AliasTargetSchema.parse(value));
  if ('archived' in target)
    throw new PolicySetError(
      'policy-set-archived',
      `The policy set ${name} is archived: its aliases lead nowhere.`,
    );
  pointers.set(key, { pointer: target, readAt: now });
  return target;
}
