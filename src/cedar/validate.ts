import {
  checkParseEntities,
  checkParseSchema,
  type EntityJson,
  isAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../compiler/model/limits.ts';
import { entitiesProblem, policySize, schemaDepth } from './bounds.ts';
import { CedarFailure, type CedarRequest, type PolicyTexts } from './engine.ts';
import { typeAndId, uidKey } from './entities.ts';
import { EntityFault, explicitEntities } from './explicit-entities.ts';
import type { PolicyLanguage } from './languages.ts';
import { type CedarTextProblem, toProblems, unknownCall } from './policy-text.ts';
import { schemaExtent } from './schema-extent.ts';
import { SchemaTypes } from './schema-types.ts';

/** What the validator has to say of one policy. */
export interface PolicyProblem extends CedarTextProblem {
  readonly policyId: string;
}

/** What is wrong with one of a set's entities. */
export interface EntityProblem {
  /** Its place in the list; absent when it is about several. */
  readonly index: number | undefined;
  readonly message: string;
}

/**
 * What is wrong with a schema that a policy set brings in place of its language's: it must parse, and every
 * request that we make must conform to it. Otherwise validation against it would prove nothing.
 */
export function schemaProblems(language: PolicyLanguage, schema: string): CedarTextProblem[] {
  const tooMuch = tooMuchOf(schema);
  if (tooMuch !== undefined) return [{ message: `A schema has ${tooMuch}.`, offset: undefined }];
  const parsed = checkParseSchema(schema);
  if (parsed.type === 'failure') return parsed.errors.flatMap((error) => toProblems(schema, error));
  let types: SchemaTypes;
  try {
    types = new SchemaTypes(schema);
  } catch (error) {
    if (error instanceof CedarFailure) return [{ message: error.message, offset: undefined }];
    throw error;
  }
  const never = neverMet(language, types);
  if (never.length > 0) return never.map((message) => ({ message, offset: undefined }));
  const declared = new Set(types.actions.map(({ uid }) => uidKey(uid)));
  const probes = language.probes().filter(({ action }) => {
    const uid = typeAndId(action);
    return !language.laterActions.includes(uid.id) || declared.has(uidKey(uid));
  });
  const messages = probes.flatMap((request) => {
    const answer = isAuthorized({
      ...request,
      schema,
      validateRequest: true,
      policies: { staticPolicies: {} },
    });
    return answer.type === 'failure' ? answer.errors.map(({ message }) => message) : [];
  });
  return [...new Set(messages)].map((message) => ({
    message: uncovered(language, message),
    offset: undefined,
  }));
}

/** What a schema has too much of, in words: nothing of it is asked of Cedar then. */
function tooMuchOf(schema: string): string | undefined {
  if (schema.length > LIMITS.schemaLength) return `at most ${LIMITS.schemaLength} characters`;
  if (schemaDepth(schema) > LIMITS.schemaDepth) return `brackets at most ${LIMITS.schemaDepth} deep`;
  const { types, names, requests } = schemaExtent(schema);
  if (types > LIMITS.schemaTypes)
    return `at most ${LIMITS.schemaTypes} types, each counted wherever it is used`;
  if (names > LIMITS.schemaNames) return `at most ${LIMITS.schemaNames} entity types and actions`;
  return requests > LIMITS.schemaRequests
    ? `at most ${LIMITS.schemaRequests} kinds of requests, an action counted with each type of principal and of resource`
    : undefined;
}

function uncovered({ name }: PolicyLanguage, what: string): string {
  return `The schema does not cover every request (see ${name}): ${what}`;
}

/**
 * What a schema demands or offers that no request ever has: a policy about it passes validation and never
 * applies. Actions that are never asked may have anything.
 */
function neverMet(language: PolicyLanguage, types: SchemaTypes): string[] {
  const { contexts, entities } = haveOf(language.probes());
  const messages: string[] = [];
  for (const { uid, context } of types.actions) {
    const known = contexts.get(uidKey(uid));
    if (known === undefined) continue;
    const has = known.size === 0 ? 'nothing' : [...known].join(', ');
    for (const name of context)
      if (!known.has(name))
        messages.push(
          `The action ${uidKey(uid)} is given context.${name}, which no request has: its context holds ${has}. Give what is known of workloads and callers to the set's entities instead, as an optional attribute or a tag.`,
        );
  }
  for (const [type, { ids, always }] of entities) {
    const declared = types.entities.get(type);
    if (declared?.enumerated && ids.size > 1)
      messages.push(uncovered(language, `${type} lists its ids, and requests are about entities of any id.`));
    for (const name of declared?.required ?? [])
      if (!always.has(name))
        messages.push(
          uncovered(
            language,
            `${type} demands the attribute ${name}, which not every request states. Make it optional (${name}?), and give it to the set's entities.`,
          ),
        );
  }
  return messages;
}

/** What requests have: the context of each action, and the ids and attributes of each type of entity. */
function haveOf(probes: readonly CedarRequest[]): {
  contexts: ReadonlyMap<string, ReadonlySet<string>>;
  entities: ReadonlyMap<string, { ids: ReadonlySet<string>; always: ReadonlySet<string> }>;
} {
  const contexts = new Map<string, Set<string>>();
  const entities = new Map<string, { ids: Set<string>; always: Set<string> }>();
  for (const { action, context, entities: stated } of probes) {
    const known = contexts.get(uidKey(action)) ?? new Set();
    contexts.set(uidKey(action), known);
    for (const name of Object.keys(context)) known.add(name);
    for (const { uid, attrs } of stated) {
      const { type, id } = typeAndId(uid);
      const names = Object.keys(attrs);
      const held = entities.get(type) ?? { ids: new Set(), always: new Set(names) };
      entities.set(type, {
        ids: held.ids.add(id),
        always: new Set(names.filter((name) => held.always.has(name))),
      });
    }
  }
  return { contexts, entities };
}

/** What the validator finds. */
interface Validation {
  readonly errors: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
}

/**
 * Why it would take too long to validate policies: each is validated for each kind of request.
 *
 * @param schema The set's own, or null for its language's.
 */
export function validationProblem(
  language: PolicyLanguage,
  schema: string | null,
  policies: PolicyTexts['policies'],
): string | undefined {
  const { requests } = schemaExtent(schema ?? language.schema);
  const parts = Object.values(policies).reduce((sum, text) => sum + policySize(text), 0);
  return parts * requests > LIMITS.validation
    ? `The schema has ${requests} kinds of requests (each action with each type of principal and of resource), and each of the ${parts} words and signs of the policies is validated for all of them: at most ${LIMITS.validation} in all.`
    : undefined;
}

/** How many words and signs are validated at once: Cedar holds all that it finds in memory. */
const BATCH_PARTS = 50_000;

/**
 * Validates policies strictly. It ends when there are more errors than an answer lists.
 *
 * @param schema The set's own schema, or null for its language's. It must have no {@link schemaProblems}.
 */
export function validatePolicies(
  language: PolicyLanguage,
  schema: string | null,
  policies: PolicyTexts['policies'],
): Validation {
  const errors: PolicyProblem[] = [];
  const warnings: PolicyProblem[] = [];
  for (const [policyId, text] of Object.entries(policies)) {
    const offset = unknownCall(text);
    const message = 'A policy must not call unknown("…"): it has no value, and the policy would fail.';
    if (offset !== undefined) errors.push({ policyId, message, offset });
  }
  for (const batch of batchesOf(policies)) {
    const found = validateBatch(language, schema, batch);
    errors.push(...found.errors);
    warnings.push(...found.warnings);
    if (errors.length > LIMITS.faults) break;
  }
  return { errors, warnings };
}

function* batchesOf(policies: PolicyTexts['policies']): Generator<PolicyTexts['policies']> {
  let batch: Record<string, string> = {};
  let parts = 0;
  for (const [id, text] of Object.entries(policies)) {
    batch[id] = text;
    parts += policySize(text);
    if (parts < BATCH_PARTS) continue;
    yield batch;
    batch = {};
    parts = 0;
  }
  // An empty set has its schema looked at all the same.
  yield batch;
}

function validateBatch(
  language: PolicyLanguage,
  schema: string | null,
  policies: PolicyTexts['policies'],
): Validation {
  const answer = validate({
    schema: schema ?? language.schema,
    policies: { staticPolicies: { ...policies } },
    validationSettings: { mode: 'strict' },
  });
  if (answer.type === 'failure') {
    const errors = answer.errors.flatMap((error) => toProblems('', error));
    return { errors: errors.map((error) => ({ ...error, policyId: '' })), warnings: [] };
  }
  const spell = (found: typeof answer.validationErrors): PolicyProblem[] =>
    found
      .slice(0, LIMITS.faults)
      .flatMap(({ policyId, error }) =>
        toProblems(policies[policyId] ?? '', error).map(({ message, offset }) => ({
          policyId,
          // The validator repeats the policy's id, which we say ourselves.
          message: message.replaceAll(`for policy \`${policyId}\`, `, ''),
          offset,
        })),
      )
      .sort(
        (a, b) =>
          (a.policyId === b.policyId ? 0 : a.policyId < b.policyId ? -1 : 1) ||
          (a.offset ?? 0) - (b.offset ?? 0),
      );
  return { errors: spell(answer.validationErrors), warnings: spell(answer.validationWarnings) };
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
