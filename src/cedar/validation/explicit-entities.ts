/**
 * Entities as Cedar reads them with a schema, written so that it reads the same without one.
 *
 * With a schema Cedar takes `{"type": "Team", "id": "red"}` for an entity and `"10.0.0.1"` for an address
 * where the schema says so, and knows which action is in which. Requests are decided without the schema, for
 * it would have to be parsed: so a version's entities are written out once, when it is published.
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
  /** Its place in the list. */
  readonly index: number;
  constructor(index: number, message: string) {
    super(message);
    this.index = index;
  }
}

/**
 * A version's entities in explicit form, and the actions that its schema puts into others.
 *
 * @param schema The version's own, or null for those of the two languages, which have no type in common.
 * @throws EntityFault when one could be read in more than one way, or not at all.
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
  // A version may list an action, as its schema has it.
  return [...explicit, ...actions.filter(({ uid }) => !own.has(uidKey(uid)))];
}

const PLAIN: ValueType = { kind: 'plain' };

/** It never leaves this module. */
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
        // Without a schema the whole record would be something else.
        if (ESCAPES.has(name)) throw new ValueFault(`The ${where} must not have a field ${name}.`);
        return explicitValue(part, type.attributes.get(name) ?? PLAIN, `${where}, field ${name}`);
      });
    }
  }
}

/** What marks a JSON object as something other than a record. */
const ESCAPES: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr']);

/** A value that is read the same with and without a schema. Only its numbers are looked at. */
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

function entityIn(value: CedarValueJson, where: string): TypeAndId {
  const named = memberOf(value, '__entity') ?? value;
  const type = memberOf(named, 'type');
  const id = memberOf(named, 'id');
  if (typeof type === 'string' && typeof id === 'string') return { type, id };
  throw new ValueFault(`The ${where} is an entity: write {"type": "…", "id": "…"}.`);
}

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

/** Cedar knows a function of its partial evaluation everywhere: each policy that looked at it would fail. */
function refuseUnknown(call: CedarValueJson | undefined, where: string): void {
  if (call !== undefined && memberOf(call, 'fn') === 'unknown')
    throw new ValueFault(`The ${where} must have a value: unknown("…") is none.`);
}

function memberOf(value: CedarValueJson, name: string): CedarValueJson | undefined {
  if (!isRecord(value)) return undefined;
  const found: CedarValueJson | undefined = Object.getOwnPropertyDescriptor(value, name)?.value;
  return found;
}

function isRecord(value: CedarValueJson): value is { [key: string]: CedarValueJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
