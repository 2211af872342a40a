/**
 * The index of policies as data, as it is built, stored and searched.
 * @module
 */
import type { AttributeName, EntityVariable, Scalar, Test } from './policy-terms.ts';

/** The part of a test that requests are looked up by: what it compares, without what it compares it with. */
export type LookupKey =
  | { readonly op: '==' | 'in'; readonly variable: EntityVariable }
  | ({ readonly op: 'one of' | 'contains' } & AttributeName)
  | LikeKey;

/** The attribute whose beginning is compared with patterns. */
export interface LikeKey extends AttributeName {
  readonly op: 'like';
  /** What must hold before Cedar comes to the pattern. */
  readonly given: readonly Test[];
}

/**
 * An attribute that Cedar reads on its way to a test. A guarded one comes after a `has` for it: where it is
 * absent, the policy does not apply; where an unguarded one is absent, the policy fails.
 */
export interface Read extends AttributeName {
  readonly guarded: boolean;
  /** What it must be; where it is something else, the policy fails. `==` compares any value. */
  readonly type: 'scalar' | 'boolean' | 'set';
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

/** The hash under which the index has an element of a set, by its text (see `elementText`). */
export function hashOfElement(text: string): number {
  return hashOf(text);
}

/** Up to how many characters of the beginning of a pattern are compared by the index. */
export const LONGEST_PREFIX = 64;

/** The hash under which the index has the text at the beginning of a pattern. */
export function hashOfPrefix(text: string): number {
  return hashOf(text.slice(0, LONGEST_PREFIX));
}

/** The hashes of all patterns' beginnings that a text has. */
export function hashesOfPrefixes(text: string): ReadonlySet<number> {
  const hashes = new Set<number>();
  let hash = EMPTY;
  for (let at = 0; at < text.length && at < LONGEST_PREFIX; at += 1) {
    hash = hashWith(hash, text.charCodeAt(at));
    hashes.add(hash >>> 0);
  }
  return hashes;
}

/**
 * FNV-1a over UTF-16 code units, 32 bits. Stored indexes hold these hashes: another function needs another format.
 */
function hashOf(text: string): number {
  let hash = EMPTY;
  for (let at = 0; at < text.length; at += 1) hash = hashWith(hash, text.charCodeAt(at));
  return hash >>> 0;
}

/** The hash of an empty text. */
const EMPTY = 0x811c9dc5;

/** The hash of a text with one more code unit. */
function hashWith(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}
