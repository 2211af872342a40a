import type { PolicySet } from './change.ts';
import { type AliasTarget, KEYS, type SetSummary, type VersionPointer } from './kv-keys.ts';

/** Something in KV that leads to a version, or tells of a set. */
export interface Pointer {
  readonly rank: 'pointer' | 'mutable';
  readonly key: string;
  readonly value: string;
  /** What must be there before it. */
  readonly needs: string | null;
  readonly metadata: string | null;
}

/** What the list of sets says of one. */
export function summaryOfSet({ name, description, archived, createdAt }: PolicySet): SetSummary {
  return { name, description, archived, createdAt };
}

/** What leads to a version of a set and to what its aliases point at, as KV should have it while it is not archived. */
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
