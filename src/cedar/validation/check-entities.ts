import '../wasm.ts';
import { checkParseEntities, type EntityJson } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../../compiler/model/limits.ts';
import { uidKey } from '../entities.ts';
import type { PolicyLanguage } from '../languages.ts';
import { toProblems } from '../policy-text.ts';
import { entitiesProblem } from './entity-extent.ts';
import { EntityFault, explicitEntities } from './explicit-entities.ts';

/** What is wrong with one of a set's entities. */
export interface EntityProblem {
  /** Its place in the list; absent when it is about several. */
  readonly index: number | undefined;
  readonly message: string;
}

/** A set's entities as they were read. */
interface EntityReading {
  readonly problems: readonly EntityProblem[];
  /** What requests are decided with: see {@link explicitEntities}. Without meaning where there are problems. */
  readonly explicit: readonly EntityJson[];
}

/** Reads a set's entities: none is repeated, and each is of the shape that the schema gives its type. */
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
    // As they are, too: what we state over them in a request hides it from the schema, but not from Cedar.
    search(own, 0, (some) => checkEntities(some, null), problems);
  }
  // Cedar lets an entity be listed twice when both are the same: so this holds what is decided with to what
  // Cedar itself reads with the schema.
  const both = complete.flatMap((entity, index) => [
    entity,
    ...own.slice(index, index + 1).map((each) => language.complete(each)),
  ]);
  const together = problems.length === 0 ? inBatches(both, check) : [];
  if (problems.length === 0 && together.length === 0) return { problems, explicit };
  const more: EntityProblem[] = [];
  search(complete, 0, check, more);
  // One that Cedar cannot read at all does not conform either.
  const known = new Set(problems.map(({ index }) => index));
  problems.push(...more.filter(({ index }) => !known.has(index)));
  return {
    problems: problems.length > 0 ? problems : together.map((message) => ({ index: undefined, message })),
    explicit: [],
  };
}

/** Why Cedar would refuse every request with these entities, whatever it asks; undefined when it would not. */
export function entitiesFailure(entities: readonly EntityJson[]): string | undefined {
  const [failure] = inBatches(entities, (some) => checkEntities(some, null));
  return failure;
}

/** How many entities are checked at once, two of a kind beside each other: Cedar's memory keeps its size. */
const BATCH_ENTITIES = 1_000;

/** What the first batch with faults in it has. */
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

function checkEntities(entities: EntityJson[], schema: string | null): string[] {
  try {
    const answer = checkParseEntities({ entities, schema });
    return answer.type === 'failure'
      ? answer.errors.flatMap((error) => toProblems('', error)).map(({ message }) => message)
      : [];
  } catch (error) {
    // The wasm boundary throws what it cannot convert, instead of answering "failure".
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Finds the faulty ones by halving: each check parses the schema anew. */
function search(
  entities: EntityJson[],
  offset: number,
  check: (some: EntityJson[]) => string[],
  found: EntityProblem[],
): void {
  // No more are listed, and each takes a check.
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
