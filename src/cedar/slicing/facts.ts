import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { type EntityLookup, uidKey } from '../entities.ts';
import { namesIn, type Scalar, scalarIn, type Test } from './policy-terms.ts';

/** What is known of one of the entities that a request is about: of one that is not described, what it is. */
export class EntityFacts {
  readonly uid: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly #entities: EntityLookup;
  #above: ReadonlySet<string> | undefined;

  constructor(uid: TypeAndId, entities: EntityLookup) {
    this.uid = uidKey(uid);
    this.type = uid.type;
    this.attributes = entities.get(this.uid)?.attrs ?? NONE;
    this.#entities = entities;
  }

  /** How many of those above it had to be found so far. */
  get known(): number {
    return this.#above?.size ?? 0;
  }

  /** Itself and all that it is in. */
  get above(): ReadonlySet<string> {
    this.#above ??= upFrom([this.uid], this.#entities);
    return this.#above;
  }
}

/** Entities and all that they are in. */
export function upFrom(uids: Iterable<string>, entities: EntityLookup): ReadonlySet<string> {
  const above = new Set(uids);
  // A set's iteration reaches what is added on the way.
  for (const each of above) for (const parent of entities.get(each)?.parents ?? []) above.add(uidKey(parent));
  return above;
}

const NONE = {};

/** What a request says outright: of its entities, by variable, and of its context. */
export interface Facts {
  readonly principal: EntityFacts;
  readonly action: EntityFacts;
  readonly resource: EntityFacts;
  readonly context: Readonly<Record<string, unknown>>;
}

/** The entities that can be reached from some, by their parents, attributes and tags. */
export function reachable(from: ReadonlySet<string>, entities: EntityLookup): EntityJson[] {
  const seen = new Set(from);
  const found: EntityJson[] = [];
  for (const uid of seen) {
    const entity = entities.get(uid);
    if (entity === undefined) continue;
    found.push(entity);
    for (const parent of entity.parents) seen.add(uidKey(parent));
    namesIn([entity.attrs, entity.tags], seen);
  }
  return found;
}

/** Entities by uid: some of a request's own, over those of a policy set. */
export function lookupOf(own: readonly EntityJson[], rest: EntityLookup): EntityLookup {
  const ours = new Map(own.map((entity) => [uidKey(entity.uid), entity]));
  return { get: (uid) => ours.get(uid) ?? rest.get(uid) };
}

/** What a test finds: undefined when the request does not decide it, and Cedar may even fail. */
export function outcome([on, op, operand, wanted]: Test, facts: Facts): boolean | undefined {
  switch (op) {
    case '==': {
      const entity = variable(on, facts);
      return entity && (entity.uid === operand) === wanted;
    }
    case 'in': {
      const entity = variable(on, facts);
      return entity && operand.some((uid) => entity.above.has(uid)) === wanted;
    }
    case 'is': {
      const entity = variable(on, facts);
      return entity && (entity.type === operand) === wanted;
    }
    case 'has':
      return Object.hasOwn(attributesOf(on, facts), operand) === wanted;
    case 'one of': {
      const value = valueIn(on, facts);
      return value === undefined ? undefined : operand.includes(value) === wanted;
    }
    case 'holds': {
      const value = valueIn(on, facts);
      return typeof value === 'boolean' ? value === wanted : undefined;
    }
  }
}

function variable(on: string, facts: Facts): EntityFacts | undefined {
  return on === 'principal' || on === 'action' || on === 'resource' ? facts[on] : undefined;
}

function attributesOf(on: string, facts: Facts): Readonly<Record<string, unknown>> {
  return on === 'context' ? facts.context : (variable(on, facts)?.attributes ?? {});
}

/** The value of `principal.namespace` where it is one that can be compared here; else undefined. */
export function valueIn(on: string, facts: Facts): Scalar | undefined {
  return scalarIn(attributeIn(on, facts)?.value);
}

/** Whether the request has no `principal.namespace` at all. */
export function isAbsent(on: string, facts: Facts): boolean {
  return attributeIn(on, facts) === undefined;
}

function attributeIn(on: string, facts: Facts): { readonly value: unknown } | undefined {
  const dot = on.indexOf('.');
  const attributes = attributesOf(on.slice(0, dot), facts);
  const name = on.slice(dot + 1);
  return Object.hasOwn(attributes, name) ? { value: attributes[name] } : undefined;
}
