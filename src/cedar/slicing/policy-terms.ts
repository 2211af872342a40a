/**
 * The terms of policies: what is known about when a policy applies, without evaluating it.
 * @module
 */

/** A value that `==` compares without an error, whatever stands on the other side. */
export type Scalar = string | number | boolean;

/** The variables of a Cedar request, in the order in which Cedar's scope names them. */
export const VARIABLES = ['principal', 'action', 'resource', 'context'] as const;

/** A variable of a Cedar request. */
export type Variable = (typeof VARIABLES)[number];

/** A variable that holds an entity: all but `context`, which holds a record. */
export type EntityVariable = Exclude<Variable, 'context'>;

/** An attribute that a variable may have, e.g. `principal.namespace` or `context.implicit`, or a tag of an entity. */
export interface AttributeName {
  readonly variable: Variable;
  readonly attribute: string;
  /** It is the tag with this name (`principal.getTag("team")`), and no attribute. */
  readonly tag?: true;
}

/** One text for one attribute: `principal.namespace`. The name of an attribute may have dots itself. */
export function attributeKey({ variable, attribute, tag }: AttributeName): string {
  return `${variable}${tag === true ? '#' : '.'}${attribute}`;
}

/** The variable is the entity with this UID (see `uidKey`). */
interface IsEntity {
  readonly op: '==';
  readonly variable: EntityVariable;
  readonly uid: string;
}

/** The variable is one of these entities, or is in one of them. */
interface InEntity {
  readonly op: 'in';
  readonly variable: EntityVariable;
  readonly uids: readonly string[];
}

/** The variable is an entity of this type. */
interface IsOfType {
  readonly op: 'is';
  readonly variable: EntityVariable;
  readonly type: string;
}

/** The attribute is there, whatever its value. */
interface HasAttribute extends AttributeName {
  readonly op: 'has';
}

/** The attribute equals one of these values. Cedar fails where the attribute is absent. */
interface OneOf extends AttributeName {
  readonly op: 'one of';
  readonly values: readonly Scalar[];
}

/** The attribute is the boolean true. Cedar fails where it is absent or no boolean. */
interface Holds extends AttributeName {
  readonly op: 'holds';
}

/** The attribute is a set with this element. Cedar fails where it is absent or no set. */
interface Contains extends AttributeName {
  readonly op: 'contains';
  /** A scalar, or a record of scalars, as `elementText` writes it. */
  readonly element: string;
}

/** The attribute matches a pattern. Cedar fails where it is absent or no text. */
interface Like extends AttributeName {
  readonly op: 'like';
  /** What stands between the asterisks of the pattern. */
  readonly literals: readonly string[];
}

/** Something about a request that has the answer `wanted`. */
type SingleTest = (IsEntity | InEntity | IsOfType | HasAttribute | OneOf | Holds | Contains | Like) & {
  readonly wanted: boolean;
};

/**
 * One of these lists of tests must hold, each as a whole. Cedar evaluates them in this order until one holds or a
 * test fails. No list never holds, and an empty list always does.
 */
interface AnyOf {
  readonly op: 'any';
  readonly sides: readonly (readonly Test[])[];
}

/**
 * Something that a policy needs in order to apply, and that the request alone decides: `wanted` is the answer
 * that the policy needs, so a negated comparison is a test whose `wanted` is false.
 *
 * @example
 * const test: Test = { op: 'one of', variable: 'principal', attribute: 'namespace', values: ['shop'], wanted: true };
 */
export type Test = SingleTest | AnyOf;

/** What is known of a policy without evaluating it. */
export interface PolicyTerms {
  readonly effect: 'permit' | 'forbid';
  /** Its annotations besides `@id`, e.g. `reason` and `advice`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** What must hold, in the order in which Cedar evaluates it: first the scope, then the conditions. */
  readonly tests: readonly Test[];
  /**
   * What comes after the tests, with the last of them when it is a pattern. Undefined when there is nothing: a
   * request that passes the tests satisfies the policy, and evaluating it cannot fail.
   */
  readonly rest: PolicyRest | undefined;
}

/** The part of a policy that only Cedar can decide: which parts of a request it looks at. */
export interface PolicyRest {
  readonly variables: readonly Variable[];
  /** The UIDs of the entities that it names. */
  readonly names: readonly string[];
}
