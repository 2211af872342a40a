/**
 * Ancestors and references of entities.
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { type EntityLookup, uidKey } from '../entities.ts';
import { namesIn } from './cedar-values.ts';

/** The UIDs of entities and of all their ancestors. */
export function upFrom(uids: Iterable<string>, entities: EntityLookup): ReadonlySet<string> {
  const above = new Set(uids);
  // The iteration over a set also reaches the elements that are added during it.
  for (const each of above) for (const parent of entities.get(each)?.parents ?? []) above.add(uidKey(parent));
  return above;
}

/**
 * The entities that can be reached from some UIDs by parents, attributes and tags, including those with these UIDs.
 */
export function reachable(from: ReadonlySet<string>, entities: EntityLookup): EntityJson[] {
  const seen = new Set(from);
  const found: EntityJson[] = [];
  for (const uid of seen) {
    const entity = entities.get(uid);
    if (entity === undefined) continue;
    found.push(entity);
    for (const parent of entity.parents) seen.add(uidKey(parent));
    namesIn([entity.attrs, entity.tags], seen);
  }
  return found;
}

/** Finds entities by their UIDs: those that a request states, before those of the policy set. */
export function lookupOf(own: readonly EntityJson[], rest: EntityLookup): EntityLookup {
  const ours = new Map(own.map((entity) => [uidKey(entity.uid), entity]));
  return { get: (uid) => ours.get(uid) ?? rest.get(uid) };
}
