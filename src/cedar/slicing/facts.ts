/**
 * What a request says that the tests of policies can be answered by, without Cedar.
 * @module
 */
import type { TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { type EntityLookup, uidKey } from '../entities.ts';
import { scalarIn } from './cedar-values.ts';
import { upFrom } from './entity-graph.ts';
import type { AttributeName, Scalar, Test, Variable } from './policy-terms.ts';

/** What is known of an entity that a request is about. If nothing describes it, only its UID is known. */
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

  /** How many ancestors had to be found so far. */
  get known(): number {
    return this.#above?.size ?? 0;
  }

  /** The UIDs of the entity and of its ancestors. */
  get above(): ReadonlySet<string> {
    this.#above ??= upFrom([this.uid], this.#entities);
    return this.#above;
  }
}

const NONE = {};

/** The facts of a request: its entities, by variable, and its context. */
export interface Facts {
  readonly principal: EntityFacts;
  readonly action: EntityFacts;
  readonly resource: EntityFacts;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * Whether a request passes a test of a policy. False means that the policy cannot apply. Undefined means that the
 * request alone does not decide the test; Cedar may even fail at it.
 */
export function outcome(test: Test, facts: Facts): boolean | undefined {
  const { wanted } = test;
  switch (test.op) {
    case '==':
      return (facts[test.variable].uid === test.uid) === wanted;
    case 'in': {
      const entity = facts[test.variable];
      return test.uids.some((uid) => entity.above.has(uid)) === wanted;
    }
    case 'is':
      return (facts[test.variable].type === test.type) === wanted;
    case 'has':
      return Object.hasOwn(attributesOf(test.variable, facts), test.attribute) === wanted;
    case 'one of': {
      const value = valueIn(test, facts);
      return value === undefined ? undefined : test.values.includes(value) === wanted;
    }
    case 'holds': {
      const value = valueIn(test, facts);
      return typeof value === 'boolean' ? value === wanted : undefined;
    }
  }
}

/** The attributes of an entity, or the context. */
function attributesOf(variable: Variable, facts: Facts): Readonly<Record<string, unknown>> {
  return variable === 'context' ? facts.context : facts[variable].attributes;
}

/** The value of an attribute, if it can be compared here; undefined also when the attribute is absent. */
export function valueIn({ variable, attribute }: AttributeName, facts: Facts): Scalar | undefined {
  const attributes = attributesOf(variable, facts);
  return Object.hasOwn(attributes, attribute) ? scalarIn(attributes[attribute]) : undefined;
}

/** Whether the request lacks an attribute. */
export function isAbsent({ variable, attribute }: AttributeName, facts: Facts): boolean {
  return !Object.hasOwn(attributesOf(variable, facts), attribute);
}
