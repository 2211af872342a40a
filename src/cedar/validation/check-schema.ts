/**
 * Checks a schema that a policy set brings in place of the schema of its language.
 * @module
 */
import '../wasm.ts';
import { checkParseSchema, type EntityJson, isAuthorized } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../../compiler/model/limits.ts';
import { CedarFailure, type CedarRequest } from '../engine.ts';
import { typeAndId, uidKey } from '../entities.ts';
import type { PolicyLanguage } from '../languages.ts';
import { type CedarTextProblem, toProblems } from '../policy-text.ts';
import { schemaDepth, schemaExtent } from './schema-extent.ts';
import { SchemaTypes } from './schema-types.ts';

/**
 * The problems of a schema. It must parse, and every request that this service makes must conform to it. Otherwise
 * the validation of policies against it would prove nothing.
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
      entities: request.entities.map((entity) => withoutLater(language, types, entity)),
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

/** An entity without the attributes that are newer than the schema: no policy that it validates can name them. */
function withoutLater(
  { laterAttributes }: PolicyLanguage,
  types: SchemaTypes,
  entity: EntityJson,
): EntityJson {
  const { type } = typeAndId(entity.uid);
  const later = Object.hasOwn(laterAttributes, type) ? (laterAttributes[type] ?? []) : [];
  const declared = types.entities.get(type)?.attributes;
  const attrs = Object.entries(entity.attrs).filter(
    ([name]) => !later.includes(name) || declared?.has(name) === true,
  );
  return { ...entity, attrs: Object.fromEntries(attrs) };
}

/** The limit that a schema exceeds, in words. Cedar is not given such a schema. */
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

/** The message about a request that a schema does not cover. */
function uncovered({ name }: PolicyLanguage, what: string): string {
  return `The schema does not cover every request (see ${name}): ${what}`;
}

/**
 * Problems of a schema that demands or offers what no request has. A policy about that would pass validation and
 * never apply. Actions that no request has may demand anything.
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

/**
 * What requests have, by their probes: the context of each action, and the ids and attributes of each entity type.
 */
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
