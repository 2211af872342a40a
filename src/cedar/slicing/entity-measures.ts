/**
 * What it takes Cedar to read the entities of requests.
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { CedarFailure } from '../engine.ts';
import { type EntityLookup, type Question, uidKey } from '../entities.ts';
import { type Extent, extentOf, type Work } from '../work.ts';
import { upFrom } from './entity-graph.ts';

/** Measures the entities of requests to a version, each once. */
export class EntityMeasures {
  /** How many ancestors the entities of requests have. None of these entities is its own ancestor. */
  readonly #above = new WeakMap<EntityJson, number>();
  /** The sizes of entities. An entity never changes, and most of them come with many questions. */
  readonly #extents = new WeakMap<EntityJson, Extent>();
  readonly #entities: EntityLookup;

  /** @param entities The entities of the version. */
  constructor(entities: EntityLookup) {
    this.#entities = entities;
  }

  /** The size of the data that Cedar gets with a question. */
  extent(context: Question['context'], entities: readonly EntityJson[]): Extent {
    let { characters, longest } = extentOf(context);
    let ancestors = 0;
    for (const entity of entities) {
      const extent = this.#extents.get(entity) ?? this.#extentOf(entity);
      characters += extent.characters;
      longest = Math.max(longest, extent.longest);
      ancestors += extent.ancestors;
    }
    return { characters, longest, ancestors };
  }

  #extentOf(entity: EntityJson): Extent {
    const ancestors = this.#above.get(entity) ?? upFrom(entity.parents.map(uidKey), this.#entities).size;
    const extent = { ...extentOf(entity), ancestors };
    this.#extents.set(entity, extent);
    return extent;
  }

  /**
   * Refuses an entity of a request that is its own ancestor, as Cedar does. The entities of the version can make it
   * one. These were themselves checked when the index was made.
   *
   * @throws CedarFailure
   * @throws TooMuchWork
   */
  refuseCircle(entity: EntityJson, entities: EntityLookup, work: Work): void {
    if (entity.parents.length === 0 || this.#above.has(entity)) return;
    const uid = uidKey(entity.uid);
    const above = upFrom(entity.parents.map(uidKey), entities);
    work.climb(above.size);
    if (above.has(uid)) throw new CedarFailure(`The entity ${uid} is its own ancestor.`);
    this.#above.set(entity, above.size);
  }
}
