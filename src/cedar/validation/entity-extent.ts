/**
 * Measures the entities of a version before Cedar reads them.
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../../compiler/model/limits.ts';
import { uidKey } from '../entities.ts';

/**
 * The number of generations from an entity up through its parents, itself included; at most one more than the
 * limit.
 */
function hierarchyDepth(entities: readonly EntityJson[]): number {
  const parents = new Map(entities.map(({ uid, parents: above }) => [uidKey(uid), above.map(uidKey)]));
  let layer = new Set(parents.keys());
  let depth = 0;
  // Each round goes one generation up. A circle has no end, so the limit ends the loop.
  while (layer.size > 0 && depth <= LIMITS.entityDepth) {
    layer = new Set([...layer].flatMap((key) => parents.get(key) ?? []));
    depth += 1;
  }
  return depth;
}

/**
 * The limit that the entities of a version exceed, in words; undefined when they exceed none. Cedar takes some 20
 * to 60 bytes for each of their characters and some 200 bytes for each ancestor, and WebAssembly never gives memory
 * back.
 */
export function entitiesProblem(entities: readonly EntityJson[]): string | undefined {
  if (entities.length > LIMITS.entities) return `A version has at most ${LIMITS.entities} entities.`;
  if (hierarchyDepth(entities) > LIMITS.entityDepth)
    return `An entity has at most ${LIMITS.entityDepth} generations of parents, and is not its own.`;
  const characters = JSON.stringify(entities).length;
  if (characters > LIMITS.entityCharacters)
    return `The entities of a version have at most ${LIMITS.entityCharacters} characters as JSON; there are ${characters}.`;
  return ancestorsExceed(entities, LIMITS.entityAncestors)
    ? `The entities of a version have at most ${LIMITS.entityAncestors} ancestors, each counted for every entity that is in it.`
    : undefined;
}

/** Whether entities have more ancestors than this in all. It stops as soon as it is known. */
function ancestorsExceed(entities: readonly EntityJson[], most: number): boolean {
  const numbers = new Map<string, number>();
  const numberOf = (uid: EntityJson['parents'][number]): number => {
    const key = uidKey(uid);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const parents: number[][] = [];
  for (const entity of entities) parents[numberOf(entity.uid)] = entity.parents.map(numberOf);
  let count = 0;
  for (const above of parents) {
    // The iteration over a set also reaches the elements that are added during it.
    const reached = new Set(above ?? []);
    for (const each of reached) {
      for (const next of parents[each] ?? []) reached.add(next);
      if (count + reached.size > most) return true;
    }
    count += reached.size;
  }
  return false;
}
