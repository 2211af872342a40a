import { type AliasTarget, KEYS, type SetSummary, type VersionPointer } from './kv-keys.ts';
import type { PolicySet } from './policy-set-schemas.ts';

/** A key in KV that leads to a version or describes a set, with its value. */
export interface Pointer {
  /** `mutable` when the value of the key can change. */
  readonly rank: 'pointer' | 'mutable';
  readonly key: string;
  readonly value: string;
  /** The key that must be in KV before this one. */
  readonly needs: string | null;
  /** The metadata of the key, as JSON. */
  readonly metadata: string | null;
}

/** A policy set as the list of sets shows it. */
export function summaryOfSet({ name, description, archived, createdAt }: PolicySet): SetSummary {
  return { name, description, archived, createdAt };
}

/**
 * The pointers that KV should have for a version of a set, for the aliases of the set and for the set itself. There
 * are none while the set is archived.
 */
export function pointersOf(set: PolicySet, { version, digest }: VersionPointer): Pointer[] {
  if (set.archived) return [];
  const { name } = set;
  const needs = KEYS.body(digest);
  const value = JSON.stringify({ version, digest } satisfies VersionPointer);
  const summary = JSON.stringify(summaryOfSet(set));
  return [
    { rank: 'pointer', key: KEYS.version(name, String(version)), value, needs, metadata: null },
    { rank: 'pointer', key: KEYS.digest(name, digest), value, needs, metadata: null },
    ...set.aliases.map((alias): Pointer => {
      const target: AliasTarget = { version: alias.version, digest: alias.digest };
      return {
        rank: 'mutable',
        key: KEYS.alias(name, alias.alias),
        value: JSON.stringify(target),
        needs: KEYS.body(alias.digest),
        metadata: null,
      };
    }),
    { rank: 'mutable', key: KEYS.set(name), value: summary, needs: null, metadata: summary },
  ];
}
