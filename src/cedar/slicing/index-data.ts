/**
 * The index of policies as data, as it is built, stored and searched.
 * @module
 */
import type { AttributeName, EntityVariable, Scalar } from './policy-terms.ts';

/** The part of a test that requests are looked up by: what it compares, without what it compares it with. */
export type LookupKey =
  | { readonly op: '==' | 'in'; readonly variable: EntityVariable }
  | ({ readonly op: 'one of' } & AttributeName);

/**
 * An attribute that Cedar reads on its way to a test. A guarded one comes after a `has` for it: where it is
 * absent, the policy does not apply; where an unguarded one is absent, the policy fails.
 */
export interface Read extends AttributeName {
  readonly guarded: boolean;
}

/** Policies that are found by the same kind of test. */
export interface IndexGroup {
  readonly key: LookupKey;
  /**
   * The attributes that Cedar reads until the test is decided, in order. The last is the attribute of the test
   * itself.
   */
  readonly reads: readonly Read[];
  /** The hashes of the values that the tests compare with, ascending. If two values share a hash, both are found. */
  readonly hashes: readonly number[];
  /** The ordinal of the policy that stands behind each hash. */
  readonly ordinals: readonly number[];
}

/** How policies are found by a request. An ordinal is the number of a policy in its list, from 0. */
export interface IndexData {
  readonly groups: readonly IndexGroup[];
  /** Policies that every request finds. */
  readonly rest: readonly number[];
}

/** The hash under which the index has an entity, by its UID. */
export function hashOfUid(uid: string): number {
  return hashOf(uid);
}

/** The hash under which the index has the value of an attribute. */
export function hashOfValue(value: Scalar): number {
  return hashOf(JSON.stringify(value));
}

/**
 * FNV-1a over UTF-16 code units, 32 bits. Stored indexes hold these hashes: another function needs another format.
 */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
