import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../../compiler/model/limits.ts';
import { uidKey } from '../entities.ts';

/** The longest way up from an entity through its parents; at most one more than the limit. */
export function hierarchyDepth(entities: readonly EntityJson[]): number {
  const parents = new Map(entities.map(({ uid, parents: above }) => [uidKey(uid), above.map(uidKey)]));
  let layer = new Set(parents.keys());
  let depth = 0;
  // Each round goes one step up from everything reached so far; a circle never ends, so the limit does.
  while (layer.size > 0 && depth <= LIMITS.entityDepth) {
    layer = new Set([...layer].flatMap((key) => parents.get(key) ?? []));
    depth += 1;
  }
  return depth;
}

/**
 * What is too much of a version's entities. Cedar makes of them some 20 to 60 times as many bytes as they
 * have characters, and some 200 for each entity above another, which its memory keeps.
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

/** Whether entities are in more others than this, directly or not: ends as soon as it is known. */
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
    // A set's iteration reaches what is added on the way.
    const reached = new Set(above ?? []);
    for (const each of reached) {
      for (const next of parents[each] ?? []) reached.add(next);
      if (count + reached.size > most) return true;
    }
    count += reached.size;
  }
  return false;
}
