/**
 * Writes entities in explicit form, which Cedar reads without a schema as it reads the given form with one.
 *
 * With a schema, Cedar takes `{"type": "Team", "id": "red"}` for an entity and `"10.0.0.1"` for an address where
 * the schema says so, and knows which actions are in which groups. Requests are decided without the schema, because
 * parsing it takes long. So the entities of a version are written out once, when it is published.
 * @module
 */

import type { CedarValueJson, EntityJson, EntityUidJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { Failure } from '../../failures/failure.ts';
import { uidKey } from '../entities.ts';
import { LATTICE, TRACEWRIGHT } from '../languages.ts';
import { actionEntities, SchemaTypes, type ValueType } from './schema-types.ts';

/** An entity is not written as its schema demands. */
export class EntityFault extends Failure {
  override readonly name = 'EntityFault';
  readonly code = 'entity-invalid';
  /** The place of the entity in the list. */
  readonly index: number;
  constructor(index: number, message: string) {
    super(message);
    this.index = index;
  }
}

/**
 * The entities of a version in explicit form, followed by the actions that its schema puts into groups.
 *
 * @param schema The schema of the version, or null for the schemas of both languages, which share no type.
 * @throws EntityFault when an entity can be read in more than one way, or in none.
 * @throws CedarFailure when the schema cannot be read.
 */
export function explicitEntities(schema: string | null, entities: readonly EntityJson[]): EntityJson[] {
  const schemas = (schema === null ? [LATTICE.schema, TRACEWRIGHT.schema] : [schema]).map(
    (text) => new SchemaTypes(text),
  );
  const declared = new Map(schemas.flatMap((each) => [...each.entities]));
  const explicit = entities.map((entity, index): EntityJson => {
    const uid = plainUid(entity.uid);
    const type = declared.get(uid.type);
    const parents = entity.parents.map(plainUid);
    try {
      const attrs = eachOf(entity.attrs, (name, value) =>
        explicitValue(value, type?.attributes.get(name) ?? PLAIN, `attribute ${name}`),
      );
      const tags = eachOf(entity.tags ?? {}, (name, value) =>
        explicitValue(value, type?.tags ?? PLAIN, `tag ${name}`),
      );
      return { uid, attrs, parents, tags };
    } catch (error) {
      if (error instanceof ValueFault) throw new EntityFault(index, error.message);
      throw error;
    }
  });
  const own = new Set(explicit.map(({ uid }) => uidKey(uid)));
  const actions = schemas.flatMap(actionEntities);
  // A version may list an action itself, in the same form as its schema.
  return [...explicit, ...actions.filter(({ uid }) => !own.has(uidKey(uid)))];
}

/** The type of values for which the schema says nothing. */
const PLAIN: ValueType = { kind: 'plain' };

/** A value cannot be written in explicit form. This error never leaves the module. */
class ValueFault extends Failure {
  override readonly name = 'ValueFault';
  readonly code = 'attribute-invalid';
}

function plainUid(uid: EntityUidJson): TypeAndId {
  const { type, id } = '__entity' in uid ? uid.__entity : uid;
  return { type, id };
}

function eachOf(
  record: Readonly<Record<string, CedarValueJson>>,
  make: (name: string, value: CedarValueJson) => CedarValueJson,
): Record<string, CedarValueJson> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(name, value)]));
}

function explicitValue(value: CedarValueJson, type: ValueType, where: string): CedarValueJson {
  switch (type.kind) {
    case 'plain':
      return plainValue(value, where);
    case 'entity':
      return { __entity: entityIn(value, where) };
    case 'extension':
      return explicitExtension(value, type.reader, where);
    case 'set': {
      if (!Array.isArray(value)) throw new ValueFault(`The ${where} must be a list: it is a set.`);
      return value.map((element) => explicitValue(element, type.element, where));
    }
    case 'record': {
      if (!isRecord(value)) throw new ValueFault(`The ${where} must be a record.`);
      return eachOf(value, (name, part) => {
        // Without a schema Cedar would not read the value as a record.
        if (ESCAPES.has(name)) throw new ValueFault(`The ${where} must not have a field ${name}.`);
        return explicitValue(part, type.attributes.get(name) ?? PLAIN, `${where}, field ${name}`);
      });
    }
  }
}

/** The keys by which Cedar takes a JSON object for something other than a record. */
const ESCAPES: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr']);

/** A value that Cedar reads the same with and without a schema. Only its numbers and function calls are checked. */
function plainValue(value: CedarValueJson, where: string): CedarValueJson {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new ValueFault(
        `The ${where} holds the number ${value}: a Long is an integer between -9007199254740991 and 9007199254740991 here, for JSON readers round what is beyond.`,
      );
    return value;
  }
  if (Array.isArray(value)) return value.map((element) => plainValue(element, where));
  refuseUnknown(memberOf(value, '__extn'), where);
  return isRecord(value) ? eachOf(value, (name, part) => plainValue(part, `${where}, field ${name}`)) : value;
}

/** The entity that a value refers to, in either of Cedar's two forms. */
function entityIn(value: CedarValueJson, where: string): TypeAndId {
  const named = memberOf(value, '__entity') ?? value;
  const type = memberOf(named, 'type');
  const id = memberOf(named, 'id');
  if (typeof type === 'string' && typeof id === 'string') return { type, id };
  throw new ValueFault(`The ${where} is an entity: write {"type": "…", "id": "…"}.`);
}

/** A value of an extension type as an explicit call of its function. */
function explicitExtension(value: CedarValueJson, reader: string, where: string): CedarValueJson {
  if (typeof value === 'string') return { __extn: { fn: reader, arg: value } };
  const call = memberOf(value, '__extn') ?? value;
  refuseUnknown(call, where);
  const fn = memberOf(call, 'fn');
  const arg = memberOf(call, 'arg');
  const args = memberOf(call, 'args');
  if (typeof fn === 'string' && arg !== undefined) return { __extn: { fn, arg: plainValue(arg, where) } };
  if (typeof fn === 'string' && Array.isArray(args))
    return { __extn: { fn, args: args.map((each) => plainValue(each, where)) } };
  throw new ValueFault(`The ${where} is what ${reader}("…") makes: write the text alone, "…".`);
}

/** Refuses a call of `unknown`, a function for partial evaluation: each policy that reads such a value would fail. */
function refuseUnknown(call: CedarValueJson | undefined, where: string): void {
  if (call !== undefined && memberOf(call, 'fn') === 'unknown')
    throw new ValueFault(`The ${where} must have a value: unknown("…") is none.`);
}

/** The own property of a record; undefined when the value is no record or does not have it. */
function memberOf(value: CedarValueJson, name: string): CedarValueJson | undefined {
  if (!isRecord(value)) return undefined;
  const found: CedarValueJson | undefined = Object.getOwnPropertyDescriptor(value, name)?.value;
  return found;
}

function isRecord(value: CedarValueJson): value is { [key: string]: CedarValueJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
