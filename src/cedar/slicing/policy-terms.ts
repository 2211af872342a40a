import type { Expr, PolicyJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { uidKey } from '../entities.ts';

/** A value that `==` compares without an error, whatever stands on the other side. */
export type Scalar = string | number | boolean;

/**
 * Something that a request decides outright, and that a policy needs to apply: `principal` is an entity,
 * `context.implicit` is true. The last part is the answer that the policy needs.
 */
export type Test =
  | readonly [on: string, op: '==', uid: string, wanted: boolean]
  | readonly [on: string, op: 'in', uids: readonly string[], wanted: boolean]
  | readonly [on: string, op: 'is', type: string, wanted: boolean]
  | readonly [on: string, op: 'has', attribute: string, wanted: boolean]
  | readonly [on: string, op: 'one of', values: readonly Scalar[], wanted: boolean]
  | readonly [on: string, op: 'holds', nothing: null, wanted: boolean];

/** What a request gives a policy to look at. */
export const VARIABLES = ['principal', 'action', 'resource', 'context'] as const;
export type Variable = (typeof VARIABLES)[number];

/** What is known of a policy without evaluating it. */
export interface PolicyTerms {
  /** What must hold, in the order in which Cedar evaluates it: scope first, then conditions. */
  readonly tests: readonly Test[];
  /** What comes after the tests; undefined when they are all of it, so that it applies and cannot fail. */
  readonly rest: { readonly variables: readonly Variable[]; readonly names: readonly string[] } | undefined;
}

/**
 * Reads from a policy's JSON form what a request decides outright.
 *
 * Cedar evaluates a policy as `scope && condition && …`, from left to right, and stops at what is false
 * (Cedar: "Authorization", evaluation of policies). So a test that is false excludes a policy as long as
 * nothing before it can fail: reading stops at the first term that is not such a test.
 */
export function termsOf(policy: PolicyJson): PolicyTerms {
  const tests: Test[] = [
    ...scopeTests('principal', policy.principal),
    ...actionTests(policy.action),
    ...scopeTests('resource', policy.resource),
  ];
  const terms = policy.conditions.flatMap(({ kind, body }) => termsIn(body, kind === 'when'));
  const end = terms.findIndex(({ expr, wanted }) => {
    const test = testOf(expr, wanted);
    if (test !== undefined) tests.push(test);
    return test === undefined;
  });
  if (end < 0) return { tests, rest: undefined };
  const others = terms.slice(end).map(({ expr }) => expr);
  return { tests, rest: { variables: variablesIn(others), names: [...namesIn(others)] } };
}

/** What an expression must pass to be `wanted`, in the order in which Cedar evaluates it. */
function termsIn(expr: Expr, wanted: boolean): { readonly expr: Expr; readonly wanted: boolean }[] {
  if ('!' in expr && isUnary(expr['!'])) return termsIn(expr['!'].arg, !wanted);
  // Not (a or b) is not a and not b, evaluated and cut short alike.
  const both = wanted ? operands(expr, '&&') : operands(expr, '||');
  return both === undefined ? [{ expr, wanted }] : both.flatMap((part) => termsIn(part, wanted));
}

/** The variables that stand anywhere in a JSON value; what only looks like one counts too. */
function variablesIn(value: unknown): Variable[] {
  const found = new Set<string>();
  const search = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if ('Var' in part && typeof part.Var === 'string') found.add(part.Var);
    for (const each of Object.values(part)) search(each);
  };
  search(value);
  return VARIABLES.filter((variable) => found.has(variable));
}

function scopeTests(on: 'principal' | 'resource', scope: PolicyJson['principal']): Test[] {
  switch (scope.op) {
    case 'All':
      return [];
    case '==':
      return 'entity' in scope ? [[on, '==', uidKey(scope.entity), true]] : slotRefused();
    case 'in':
      return 'entity' in scope ? [[on, 'in', [uidKey(scope.entity)], true]] : slotRefused();
    case 'is': {
      const isType: Test = [on, 'is', scope.entity_type, true];
      if (scope.in === undefined) return [isType];
      return 'entity' in scope.in ? [isType, [on, 'in', [uidKey(scope.in.entity)], true]] : slotRefused();
    }
  }
}

function slotRefused(): never {
  throw new Error('A template is no policy.');
}

function actionTests(scope: PolicyJson['action']): Test[] {
  switch (scope.op) {
    case 'All':
      return [];
    case '==':
      return 'entity' in scope ? [['action', '==', uidKey(scope.entity), true]] : slotRefused();
    case 'in': {
      const uids = 'entity' in scope ? [scope.entity] : scope.entities;
      return [['action', 'in', uids.map(uidKey), true]];
    }
  }
}

function testOf(expr: Expr, wanted: boolean): Test | undefined {
  const equal = operands(expr, '==');
  if (equal !== undefined) return equality(...equal, wanted);
  const different = operands(expr, '!=');
  if (different !== undefined) return equality(...different, !wanted);
  const either = operands(expr, '||');
  if (either !== undefined) return alternative(testOf(either[0], true), testOf(either[1], true), wanted);
  const contains = operands(expr, 'contains');
  if (contains !== undefined) return membership(...contains, wanted);
  const within = operands(expr, 'in');
  if (within !== undefined) {
    const on = variableOf(within[0]);
    const uids = entitiesOf(within[1]);
    return on === undefined || uids === undefined ? undefined : [on, 'in', uids, wanted];
  }
  if ('is' in expr) {
    const { is } = expr;
    if (!('left' in is) || !('entity_type' in is) || is.in !== undefined) return undefined;
    const on = variableOf(is.left);
    return on === undefined ? undefined : [on, 'is', is.entity_type, wanted];
  }
  if ('has' in expr) {
    const { has } = expr;
    if (!('left' in has) || typeof has.attr !== 'string') return undefined;
    const on = rootOf(has.left);
    return on === undefined ? undefined : [on, 'has', has.attr, wanted];
  }
  const on = attributeOf(expr);
  return on === undefined ? undefined : [on, 'holds', null, wanted];
}

function equality(left: Expr, right: Expr, wanted: boolean): Test | undefined {
  return equals(left, right, wanted) ?? equals(right, left, wanted);
}

function equals(subject: Expr, value: Expr, wanted: boolean): Test | undefined {
  const variable = variableOf(subject);
  if (variable !== undefined) {
    const uid = entityOf(value);
    return uid === undefined ? undefined : [variable, '==', uid, wanted];
  }
  const on = attributeOf(subject);
  const scalar = scalarOf(value);
  return on === undefined || scalar === undefined ? undefined : [on, 'one of', [scalar], wanted];
}

function membership(set: Expr, value: Expr, wanted: boolean): Test | undefined {
  const on = attributeOf(value);
  if (on === undefined || !('Set' in set) || !Array.isArray(set.Set)) return undefined;
  const values = set.Set.map(scalarOf).filter((each) => each !== undefined);
  return values.length === set.Set.length ? [on, 'one of', values, wanted] : undefined;
}

/** One test for `a == 1 || a == 2`, of which neither fails if the other does not. */
function alternative(left: Test | undefined, right: Test | undefined, wanted: boolean): Test | undefined {
  if (left?.[1] !== 'one of' || right?.[1] !== 'one of') return undefined;
  if (left[0] !== right[0] || !left[3] || !right[3]) return undefined;
  return [left[0], 'one of', [...left[2], ...right[2]], wanted];
}

/** The operands of an expression with this operator. */
function operands(expr: Expr, operator: string): readonly [Expr, Expr] | undefined {
  if (!Object.hasOwn(expr, operator)) return undefined;
  for (const [name, value] of Object.entries(expr)) {
    if (name === operator && isBinary(value)) return [value.left, value.right];
  }
  return undefined;
}

function isBinary(value: unknown): value is { left: Expr; right: Expr } {
  return typeof value === 'object' && value !== null && 'left' in value && 'right' in value;
}

function isUnary(value: unknown): value is { arg: Expr } {
  return typeof value === 'object' && value !== null && 'arg' in value;
}

/** `principal`, `action` or `resource`: an entity. */
function variableOf(expr: Expr): string | undefined {
  const variable = rootOf(expr);
  return variable === 'context' ? undefined : variable;
}

function rootOf(expr: Expr): string | undefined {
  return 'Var' in expr && typeof expr.Var === 'string' ? expr.Var : undefined;
}

/** `principal.namespace`: an attribute of a variable, by both names. Attributes may have dots themselves. */
function attributeOf(expr: Expr): string | undefined {
  if (!('.' in expr)) return undefined;
  const access = expr['.'];
  if (!('left' in access)) return undefined;
  const on = rootOf(access.left);
  return on === undefined ? undefined : `${on}.${access.attr}`;
}

function scalarOf(expr: Expr): Scalar | undefined {
  return 'Value' in expr ? scalarIn(expr.Value) : undefined;
}

/** A JSON value that compares here as it does in Cedar: not a number that JavaScript rounds. */
export function scalarIn(value: unknown): Scalar | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
}

function entityOf(expr: Expr): string | undefined {
  return 'Value' in expr && isEntityValue(expr.Value) ? uidKey(expr.Value) : undefined;
}

function entitiesOf(expr: Expr): string[] | undefined {
  const one = entityOf(expr);
  if (one !== undefined) return [one];
  if (!('Set' in expr) || !Array.isArray(expr.Set)) return undefined;
  const uids = expr.Set.map(entityOf).filter((uid) => uid !== undefined);
  return uids.length === expr.Set.length ? uids : undefined;
}

/** Whether a JSON value is an entity of Cedar. */
function isEntityValue(value: unknown): value is { __entity: TypeAndId } {
  if (typeof value !== 'object' || value === null || !('__entity' in value)) return false;
  const entity = value.__entity;
  return typeof entity === 'object' && entity !== null && 'type' in entity && 'id' in entity;
}

/** The entities that stand anywhere in a JSON value. */
export function namesIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  if (isEntityValue(value)) found.add(uidKey(value));
  // Into that as well: a record of a policy may have a field named so.
  for (const part of Object.values(value)) namesIn(part, found);
  return found;
}
