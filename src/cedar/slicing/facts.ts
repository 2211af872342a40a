/**
 * What a request says that the tests of policies can be answered by, without Cedar.
 * @module
 */
import type { TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { type EntityLookup, uidKey } from '../entities.ts';
import { elementText, scalarIn } from './cedar-values.ts';
import { upFrom } from './entity-graph.ts';
import type { AttributeName, Scalar, Test } from './policy-terms.ts';

/** What is known of an entity that a request is about. If nothing describes it, only its UID is known. */
export class EntityFacts {
  readonly uid: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly #entities: EntityLookup;
  #above: ReadonlySet<string> | undefined;

  constructor(uid: TypeAndId, entities: EntityLookup) {
    this.uid = uidKey(uid);
    this.type = uid.type;
    const entity = entities.get(this.uid);
    this.attributes = entity?.attrs ?? NONE;
    this.tags = entity?.tags ?? NONE;
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
  /** The texts of the elements of sets that were read. */
  readonly sets: Map<unknown, ReadonlySet<string>>;
  /** How many tests were answered so far. */
  answered: number;
}

/**
 * Whether a request passes a test of a policy. False means that the policy cannot apply. Undefined means that the
 * request alone does not decide the test; Cedar may even fail at it.
 */
export function outcome(test: Test, facts: Facts): boolean | undefined {
  if (test.op === 'any') return anyOutcome(test.sides, facts);
  facts.answered += 1;
  const answer = answerTo(test, facts);
  return answer === undefined ? undefined : answer === test.wanted;
}

/** Whether a request passes all of some tests, of which none is looked at after the first that is not passed. */
export function outcomeOfAll(tests: readonly Test[], facts: Facts): boolean | undefined {
  for (const test of tests) {
    const passed = outcome(test, facts);
    // A test without an outcome may fail, and then the tests after it do not matter.
    if (passed !== true) return passed;
  }
  return true;
}

function anyOutcome(sides: readonly (readonly Test[])[], facts: Facts): boolean | undefined {
  for (const side of sides) {
    const passed = outcomeOfAll(side, facts);
    if (passed !== false) return passed;
  }
  return false;
}

/** What a request answers to a test, whatever the test wants. */
function answerTo(test: Exclude<Test, { readonly op: 'any' }>, facts: Facts): boolean | undefined {
  switch (test.op) {
    case '==':
      return facts[test.variable].uid === test.uid;
    case 'in': {
      const entity = facts[test.variable];
      return test.uids.some((uid) => entity.above.has(uid));
    }
    case 'is':
      return facts[test.variable].type === test.type;
    case 'has':
      return !isAbsent(test, facts);
    case 'one of': {
      const value = valueIn(test, facts);
      return value === undefined ? undefined : test.values.includes(value);
    }
    case 'holds': {
      const value = valueIn(test, facts);
      return typeof value === 'boolean' ? value : undefined;
    }
    case 'contains':
      return elementsIn(test, facts)?.has(test.element);
    case 'like': {
      const value = valueIn(test, facts);
      return typeof value === 'string' ? matches(value, test.literals) : undefined;
    }
  }
}

/** Whether a text is these literals, with anything between them. */
function matches(text: string, [first = '', ...others]: readonly string[]): boolean {
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const literal of others) {
    const found = text.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The attributes or the tags of an entity, or the context. */
function fieldsOf({ variable, tag }: AttributeName, facts: Facts): Readonly<Record<string, unknown>> {
  if (variable === 'context') return facts.context;
  return tag === true ? facts[variable].tags : facts[variable].attributes;
}

/** The value of an attribute, if it can be compared here; undefined also when the attribute is absent. */
export function valueIn(name: AttributeName, facts: Facts): Scalar | undefined {
  const fields = fieldsOf(name, facts);
  return Object.hasOwn(fields, name.attribute) ? scalarIn(fields[name.attribute]) : undefined;
}

/**
 * The texts of the elements of an attribute (see `elementText`). Undefined when it is absent or no set, or has an
 * element that cannot be compared here.
 */
export function elementsIn(name: AttributeName, facts: Facts): ReadonlySet<string> | undefined {
  const fields = fieldsOf(name, facts);
  const value = Object.hasOwn(fields, name.attribute) ? fields[name.attribute] : undefined;
  if (!Array.isArray(value)) return undefined;
  const held = facts.sets.get(value);
  if (held !== undefined) return held;
  const texts = new Set<string>();
  for (const element of value) {
    const text = elementText(element);
    if (text === undefined) return undefined;
    texts.add(text);
  }
  facts.sets.set(value, texts);
  return texts;
}

/** Whether the request lacks an attribute. */
export function isAbsent(name: AttributeName, facts: Facts): boolean {
  return !Object.hasOwn(fieldsOf(name, facts), name.attribute);
}
