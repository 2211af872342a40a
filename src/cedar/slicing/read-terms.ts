import type { EntityUidJson, Expr, PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { uidKey } from '../entities.ts';
import { isEntityValue, namesIn, scalarIn } from './cedar-values.ts';
import {
  type AttributeName,
  attributeKey,
  type EntityVariable,
  type PolicyTerms,
  type Scalar,
  type Test,
  VARIABLES,
  type Variable,
} from './policy-terms.ts';

/**
 * Reads from a policy's JSON form what a request alone decides.
 *
 * Cedar evaluates a policy as `scope && condition && …`, from left to right, and stops at what is false
 * (Cedar: "Authorization", evaluation of policies). So a test that is false excludes a policy as long as
 * nothing before it can fail: reading stops at the first term that is not such a test.
 *
 * @throws Error for a template, which is no policy.
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

/** The terms that must all hold for an expression to be `wanted`, in the order in which Cedar evaluates them. */
function termsIn(expr: Expr, wanted: boolean): { readonly expr: Expr; readonly wanted: boolean }[] {
  if ('!' in expr && isUnary(expr['!'])) return termsIn(expr['!'].arg, !wanted);
  // `!(a || b)` is `!a && !b`: both are evaluated, and cut short, alike.
  const both = wanted ? operands(expr, '&&') : operands(expr, '||');
  return both === undefined
    ? [{ expr, wanted }]
    : [...termsIn(both.left, wanted), ...termsIn(both.right, wanted)];
}

/** The variables that occur anywhere in a JSON value. A value that only looks like a variable counts too. */
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

function scopeTests(variable: 'principal' | 'resource', scope: PolicyJson['principal']): Test[] {
  switch (scope.op) {
    case 'All':
      return [];
    case '==':
      return 'entity' in scope
        ? [{ op: '==', variable, uid: uidKey(scope.entity), wanted: true }]
        : templateRefused();
    case 'in':
      return 'entity' in scope ? [scopeIn(variable, scope.entity)] : templateRefused();
    case 'is': {
      const isType: Test = { op: 'is', variable, type: scope.entity_type, wanted: true };
      if (scope.in === undefined) return [isType];
      return 'entity' in scope.in ? [isType, scopeIn(variable, scope.in.entity)] : templateRefused();
    }
  }
}

function scopeIn(variable: EntityVariable, ...entities: readonly EntityUidJson[]): Test {
  return { op: 'in', variable, uids: entities.map(uidKey), wanted: true };
}

function templateRefused(): never {
  throw new Error('The policy has slots (?principal, ?resource): it is a template, not a policy.');
}

function actionTests(scope: PolicyJson['action']): Test[] {
  switch (scope.op) {
    case 'All':
      return [];
    case '==':
      return 'entity' in scope
        ? [{ op: '==', variable: 'action', uid: uidKey(scope.entity), wanted: true }]
        : templateRefused();
    case 'in':
      return [scopeIn('action', ...('entity' in scope ? [scope.entity] : scope.entities))];
  }
}

/** The test that an expression is; undefined when the request alone does not decide it. */
function testOf(expr: Expr, wanted: boolean): Test | undefined {
  const equal = operands(expr, '==');
  if (equal !== undefined) return equality(equal, wanted);
  const different = operands(expr, '!=');
  if (different !== undefined) return equality(different, !wanted);
  const either = operands(expr, '||');
  if (either !== undefined) return alternative(testOf(either.left, true), testOf(either.right, true), wanted);
  const contains = operands(expr, 'contains');
  if (contains !== undefined) return membership(contains, wanted);
  const within = operands(expr, 'in');
  if (within !== undefined) return hierarchy(within, wanted);
  if ('is' in expr) return typeTest(expr, wanted);
  if ('has' in expr) return presence(expr, wanted);
  const name = attributeOf(expr);
  return name && { op: 'holds', ...name, wanted };
}

function equality({ left, right }: Operands, wanted: boolean): Test | undefined {
  return equals(left, right, wanted) ?? equals(right, left, wanted);
}

function equals(subject: Expr, value: Expr, wanted: boolean): Test | undefined {
  const variable = entityVariableOf(subject);
  if (variable !== undefined) {
    const uid = entityOf(value);
    return uid === undefined ? undefined : { op: '==', variable, uid, wanted };
  }
  const name = attributeOf(subject);
  const scalar = scalarOf(value);
  return name === undefined || scalar === undefined
    ? undefined
    : { op: 'one of', ...name, values: [scalar], wanted };
}

/** `["shop", "media"].contains(principal.namespace)` */
function membership({ left: set, right: value }: Operands, wanted: boolean): Test | undefined {
  const name = attributeOf(value);
  if (name === undefined || !('Set' in set) || !Array.isArray(set.Set)) return undefined;
  const values = set.Set.map(scalarOf).filter((each) => each !== undefined);
  return values.length === set.Set.length ? { op: 'one of', ...name, values, wanted } : undefined;
}

function hierarchy({ left, right }: Operands, wanted: boolean): Test | undefined {
  const variable = entityVariableOf(left);
  const uids = entitiesOf(right);
  return variable === undefined || uids === undefined ? undefined : { op: 'in', variable, uids, wanted };
}

/** One test for `a == 1 || a == 2`: if one side fails, so does the other, for both read the same attribute. */
function alternative(left: Test | undefined, right: Test | undefined, wanted: boolean): Test | undefined {
  if (left?.op !== 'one of' || right?.op !== 'one of' || !left.wanted || !right.wanted) return undefined;
  if (attributeKey(left) !== attributeKey(right)) return undefined;
  return { ...left, values: [...left.values, ...right.values], wanted };
}

/** `principal is Lattice::Service` */
function typeTest(expr: Expr, wanted: boolean): Test | undefined {
  if (!('is' in expr)) return undefined;
  const { is } = expr;
  if (!('left' in is) || !('entity_type' in is) || is.in !== undefined) return undefined;
  const variable = entityVariableOf(is.left);
  return variable && { op: 'is', variable, type: is.entity_type, wanted };
}

/** `context has container` */
function presence(expr: Expr, wanted: boolean): Test | undefined {
  if (!('has' in expr)) return undefined;
  const { has } = expr;
  if (!('left' in has) || typeof has.attr !== 'string') return undefined;
  const variable = variableOf(has.left);
  return variable && { op: 'has', variable, attribute: has.attr, wanted };
}

/** The operands of a binary operator. */
interface Operands {
  readonly left: Expr;
  readonly right: Expr;
}

/** The operands of an expression with this operator; undefined when it has another. */
function operands(expr: Expr, operator: string): Operands | undefined {
  if (!Object.hasOwn(expr, operator)) return undefined;
  for (const [name, value] of Object.entries(expr)) {
    if (name === operator && isBinary(value)) return value;
  }
  return undefined;
}

function isBinary(value: unknown): value is Operands {
  return typeof value === 'object' && value !== null && 'left' in value && 'right' in value;
}

function isUnary(value: unknown): value is { readonly arg: Expr } {
  return typeof value === 'object' && value !== null && 'arg' in value;
}

/** The variable that an expression consists of, such as `principal`; undefined for any other expression. */
function variableOf(expr: Expr): Variable | undefined {
  return 'Var' in expr ? VARIABLES.find((variable) => variable === expr.Var) : undefined;
}

function entityVariableOf(expr: Expr): EntityVariable | undefined {
  const variable = variableOf(expr);
  return variable === 'context' ? undefined : variable;
}

/**
 * The attribute that an expression consists of, such as `principal.namespace`; undefined for any other expression.
 */
function attributeOf(expr: Expr): AttributeName | undefined {
  if (!('.' in expr)) return undefined;
  const access = expr['.'];
  if (!('left' in access)) return undefined;
  const variable = variableOf(access.left);
  return variable && { variable, attribute: access.attr };
}

function scalarOf(expr: Expr): Scalar | undefined {
  return 'Value' in expr ? scalarIn(expr.Value) : undefined;
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
