/**
 * Checks the entities of a policy set against its schema.
 * @module
 */
import '../wasm.ts';
import { checkParseEntities, type EntityJson } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../../compiler/model/limits.ts';
import { uidKey } from '../entities.ts';
import type { PolicyLanguage } from '../languages.ts';
import { toProblems } from '../policy-text.ts';
import { entitiesProblem } from './entity-extent.ts';
import { EntityFault, explicitEntities } from './explicit-entities.ts';

/** A problem of the entities of a policy set. */
export interface EntityProblem {
  /** The place of the faulty entity in the list; undefined when the problem is about several. */
  readonly index: number | undefined;
  readonly message: string;
}

/** The result of reading the entities of a policy set. */
interface EntityReading {
  readonly problems: readonly EntityProblem[];
  /** The entities that requests are decided with (see {@link explicitEntities}); empty when there are problems. */
  readonly explicit: readonly EntityJson[];
}

/**
 * Reads the entities of a policy set. None may be listed twice, and each must have the shape that the schema gives
 * its type.
 *
 * @param schema The schema of the set, or null for that of the language.
 */
export function readEntities(
  language: PolicyLanguage,
  schema: string | null,
  entities: readonly EntityJson[],
): EntityReading {
  const refuse = (index: number | undefined, message: string): EntityReading => ({
    problems: [{ index, message }],
    explicit: [],
  });
  const tooMuch = entitiesProblem(entities);
  if (tooMuch !== undefined) return refuse(undefined, tooMuch);
  const problems: EntityProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { uid }] of entities.entries()) {
    const key = uidKey(uid);
    if (seen.has(key)) problems.push({ index, message: `The entity ${key} is listed twice.` });
    seen.add(key);
  }
  let explicit: EntityJson[];
  try {
    explicit = explicitEntities(schema, entities);
  } catch (error) {
    if (error instanceof EntityFault) return refuse(error.index, error.message);
    throw error;
  }
  const own = explicit.slice(0, entities.length);
  const complete = entities.map((entity) => language.complete(entity));
  const check = (some: EntityJson[]): string[] => checkEntities(some, schema ?? language.schema);
  if (problems.length === 0) {
    // The entities are also checked as they are. Stated attributes replace theirs in a request and so hide a fault
    // from the schema, but not from Cedar.
    search(own, 0, (some) => checkEntities(some, null), problems);
  }
  // Cedar accepts an entity that is listed twice if both are the same. So this checks that the explicit form means
  // what Cedar itself reads with the schema.
  const both = complete.flatMap((entity, index) => [
    entity,
    ...own.slice(index, index + 1).map((each) => language.complete(each)),
  ]);
  const together = problems.length === 0 ? inBatches(both, check) : [];
  if (problems.length === 0 && together.length === 0) return { problems, explicit };
  const more: EntityProblem[] = [];
  search(complete, 0, check, more);
  // An entity that Cedar cannot read does not conform either, and is reported once.
  const known = new Set(problems.map(({ index }) => index));
  problems.push(...more.filter(({ index }) => !known.has(index)));
  return {
    problems: problems.length > 0 ? problems : together.map((message) => ({ index: undefined, message })),
    explicit: [],
  };
}

/** Why Cedar would refuse every request with these entities; undefined when it would not. */
export function entitiesFailure(entities: readonly EntityJson[]): string | undefined {
  const [failure] = inBatches(entities, (some) => checkEntities(some, null));
  return failure;
}

/**
 * How many entities are checked at once, because the memory of Cedar never shrinks. The number is even, so that the
 * two forms of an entity are in one batch.
 */
const BATCH_ENTITIES = 1_000;

/** The messages of the first batch that has a fault. */
function inBatches(
  entities: readonly EntityJson[],
  check: (some: EntityJson[]) => string[],
): readonly string[] {
  for (let at = 0; at < entities.length; at += BATCH_ENTITIES) {
    const messages = check(entities.slice(at, at + BATCH_ENTITIES));
    if (messages.length > 0) return messages;
  }
  return [];
}

/** What Cedar says about some entities; nothing when they conform. */
function checkEntities(entities: EntityJson[], schema: string | null): string[] {
  try {
    const answer = checkParseEntities({ entities, schema });
    return answer.type === 'failure'
      ? answer.errors.flatMap((error) => toProblems('', error)).map(({ message }) => message)
      : [];
  } catch (error) {
    // The WebAssembly binding throws for values that it cannot convert, instead of answering "failure".
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Finds the faulty entities by halving the list, because each check parses the schema again. */
function search(
  entities: EntityJson[],
  offset: number,
  check: (some: EntityJson[]) => string[],
  found: EntityProblem[],
): void {
  // An answer lists only so many faults, and each further one takes a check.
  if (found.length >= LIMITS.faults) return;
  const messages = entities.length > BATCH_ENTITIES ? inBatches(entities, check) : check(entities);
  if (messages.length === 0) return;
  if (entities.length === 1) {
    for (const message of messages)
      found.push({ index: offset, message: message.replace(/^.*deserialization: /, '') });
    return;
  }
  const middle = entities.length >> 1;
  search(entities.slice(0, middle), offset, check, found);
  search(entities.slice(middle), offset + middle, check, found);
}
