import {
  checkParseEntities,
  checkParseSchema,
  type EntityJson,
  isAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../compiler/limits.ts';
import { expandedSize, hierarchyDepth, policySize, schemaDepth } from './bounds.ts';
import type { PolicyTexts } from './engine.ts';
import { uidKey } from './entities.ts';
import type { PolicyLanguage } from './languages.ts';
import { type CedarTextProblem, toProblems } from './policy-text.ts';

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
  const tooMuch =
    schema.length > LIMITS.schemaLength
      ? `at most ${LIMITS.schemaLength} characters`
      : schemaDepth(schema) > LIMITS.schemaDepth
        ? `brackets at most ${LIMITS.schemaDepth} deep`
        : expandedSize(schema) > LIMITS.schemaTypes
          ? `at most ${LIMITS.schemaTypes} types, each counted wherever it is used`
          : undefined;
  if (tooMuch !== undefined) return [{ message: `A schema has ${tooMuch}.`, offset: undefined }];
  const parsed = checkParseSchema(schema);
  if (parsed.type === 'failure') return parsed.errors.flatMap((error) => toProblems(schema, error));
  const messages = language.probes().flatMap((request) => {
    const answer = isAuthorized({
      ...request,
      schema,
      validateRequest: true,
      policies: { staticPolicies: {} },
    });
    return answer.type === 'failure' ? answer.errors.map(({ message }) => message) : [];
  });
  return [...new Set(messages)].map((message) => ({
    message: `The schema does not cover every request (see ${language.name}): ${message}`,
    offset: undefined,
  }));
}

/** What the validator finds. */
interface Validation {
  readonly errors: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
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

/** What is wrong with a set's entities: repeated, or not of the shape that the schema gives their type. */
export function entityProblems(
  language: PolicyLanguage,
  schema: string | null,
  entities: readonly EntityJson[],
): EntityProblem[] {
  if (entities.length > LIMITS.entities)
    return [{ index: undefined, message: `A version has at most ${LIMITS.entities} entities.` }];
  if (hierarchyDepth(entities) > LIMITS.entityDepth) {
    const message = `An entity has at most ${LIMITS.entityDepth} generations of parents, and is not its own.`;
    return [{ index: undefined, message }];
  }
  const problems: EntityProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { uid }] of entities.entries()) {
    const key = uidKey(uid);
    if (seen.has(key)) problems.push({ index, message: `The entity ${key} is listed twice.` });
    seen.add(key);
  }
  const complete = entities.map((entity) => language.complete(entity));
  const check = (some: EntityJson[]): string[] => checkEntities(some, schema ?? language.schema);
  if (problems.length === 0) {
    // As they are, too: what we state over them in a request hides it from the schema, but not from Cedar.
    search([...entities], 0, (some) => checkEntities(some, null), problems);
  }
  const together = problems.length === 0 ? check(complete) : [];
  if (problems.length === 0 && together.length === 0) return [];
  search(complete, 0, check, problems);
  return problems.length > 0 ? problems : together.map((message) => ({ index: undefined, message }));
}

/** Why Cedar would refuse every request with these entities, whatever it asks; undefined when it would not. */
export function entitiesFailure(entities: readonly EntityJson[]): string | undefined {
  const [failure] = checkEntities([...entities], null);
  return failure;
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
  const messages = check(entities);
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
