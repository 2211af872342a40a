import type { TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { type EntityLookup, uidKey } from '../entities.ts';
import { scalarIn } from './cedar-values.ts';
import { upFrom } from './entity-graph.ts';
import type { AttributeName, Scalar, Test, Variable } from './policy-terms.ts';

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

const NONE = {};

/** What a request says outright: of its entities, by variable, and of its context. */
export interface Facts {
  readonly principal: EntityFacts;
  readonly action: EntityFacts;
  readonly resource: EntityFacts;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * What a request answers to a test, compared with what the policy wants: false when the policy cannot apply.
 * Undefined when the request does not decide it: Cedar may then even fail.
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

function attributesOf(variable: Variable, facts: Facts): Readonly<Record<string, unknown>> {
  return variable === 'context' ? facts.context : facts[variable].attributes;
}

/** The value of an attribute, where it is one that can be compared here; undefined where it is absent, too. */
export function valueIn({ variable, attribute }: AttributeName, facts: Facts): Scalar | undefined {
  const attributes = attributesOf(variable, facts);
  return Object.hasOwn(attributes, attribute) ? scalarIn(attributes[attribute]) : undefined;
}

/** Whether the request does not have the attribute at all. */
export function isAbsent({ variable, attribute }: AttributeName, facts: Facts): boolean {
  return !Object.hasOwn(attributesOf(variable, facts), attribute);
}
