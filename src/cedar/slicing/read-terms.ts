import type { EntityUidJson, Expr, PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { uidKey } from '../entities.ts';
import { namesIn } from './cedar-values.ts';
import {
  attributeOf,
  elementOf,
  entitiesOf,
  entityOf,
  entityVariableOf,
  isLiteral,
  type Operands,
  operands,
  scalarOf,
  sidesOf,
  type Term,
  tagOf,
  termsIn,
  variableOf,
  variablesIn,
} from './expressions.ts';
import { attributeKey, type EntityVariable, type PolicyTerms, type Test } from './policy-terms.ts';

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
  const { id: _, ...annotations } = policy.annotations ?? {};
  const known = { effect: policy.effect, annotations };
  const tests: Test[] = [
    ...scopeTests('principal', policy.principal),
    ...actionTests(policy.action),
    ...scopeTests('resource', policy.resource),
  ];
  const terms = policy.conditions.flatMap(({ kind, body }) => termsIn(body, kind === 'when'));
  const end = terms.findIndex(({ expr, wanted }) => {
    const test = testOf(expr, wanted);
    if (test !== undefined) tests.push(test);
    return test === undefined || isOpen(test);
  });
  if (end < 0) return { ...known, tests, rest: undefined };
  const others = terms.slice(end).map(({ expr }) => expr);
  return { ...known, tests, rest: { variables: variablesIn(others), names: [...namesIn(others)] } };
}

/** Whether a test only excludes policies. A text that matches a pattern is left to Cedar, which counts the work. */
function isOpen(test: Test): boolean {
  return test.op === 'any' ? test.sides.some((side) => side.some(isOpen)) : test.op === 'like';
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

/**
 * The test that an expression is; undefined when the request alone does not decide it.
 *
 * @param budget How many tests its alternatives may have: a choice repeats its condition for both of its branches.
 */
function testOf(expr: Expr, wanted: boolean, budget = { left: MOST_ALTERNATIVES }): Test | undefined {
  const sides = sidesOf(expr, wanted);
  if (sides !== undefined) return alternatives(sides, budget);
  if (isLiteral(expr, wanted)) return { op: 'any', sides: [[]] };
  if (isLiteral(expr, !wanted)) return { op: 'any', sides: [] };
  const equal = operands(expr, '==');
  if (equal !== undefined) return equality(equal, wanted);
  const different = operands(expr, '!=');
  if (different !== undefined) return equality(different, !wanted);
  const contains = operands(expr, 'contains');
  if (contains !== undefined) return membership(contains, wanted);
  const within = operands(expr, 'in');
  if (within !== undefined) return hierarchy(within, wanted);
  const tagged = operands(expr, 'hasTag');
  if (tagged !== undefined) return tagPresence(tagged, wanted);
  if ('like' in expr) return pattern(expr, wanted);
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

/** `["shop", "media"].contains(principal.namespace)`, or `principal.groups.contains("platform")` */
function membership({ left: set, right: value }: Operands, wanted: boolean): Test | undefined {
  const whole = attributeOf(set);
  const element = whole && elementOf(value);
  if (whole !== undefined)
    return element === undefined ? undefined : { op: 'contains', ...whole, element, wanted };
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

/** How many tests the alternatives of one term may have. */
const MOST_ALTERNATIVES = 32;

/** One test for some lists of terms; undefined when one of them is not decided by the request alone. */
function alternatives(sides: readonly (readonly Term[])[], budget: { left: number }): Test | undefined {
  const found: Test[][] = [];
  for (const side of sides) {
    const tests: Test[] = [];
    for (const { expr, wanted } of side) {
      budget.left -= 1;
      const test = budget.left < 0 ? undefined : testOf(expr, wanted, budget);
      if (test === undefined) return undefined;
      tests.push(test);
    }
    // `a || b || c` is one list of three.
    const [only] = tests;
    if (tests.length === 1 && only?.op === 'any') found.push(...only.sides.map((each) => [...each]));
    else found.push(tests);
  }
  return oneOfAll(found) ?? { op: 'any', sides: found };
}

/** One test for `a == 1 || a == 2`: if one side fails, so does the other, for both read the same attribute. */
function oneOfAll(sides: readonly (readonly Test[])[]): Test | undefined {
  const [first, ...others] = sides.map((tests) => (tests.length === 1 ? tests[0] : undefined));
  if (first?.op !== 'one of' || !first.wanted) return undefined;
  let values = first.values;
  for (const other of others) {
    if (other?.op !== 'one of' || !other.wanted || attributeKey(first) !== attributeKey(other))
      return undefined;
    values = [...values, ...other.values];
  }
  return { ...first, values };
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

/** `principal.hasTag("team")` */
function tagPresence({ left, right }: Operands, wanted: boolean): Test | undefined {
  const name = tagOf(left, right);
  return name && { op: 'has', ...name, wanted };
}

/** `resource.path like "/usr/*"` */
function pattern(expr: Expr, wanted: boolean): Test | undefined {
  if (!('like' in expr) || !('pattern' in expr.like)) return undefined;
  const { left, pattern: parts } = expr.like;
  const name = attributeOf(left);
  if (name === undefined) return undefined;
  const literals = [''];
  for (const part of parts) {
    if (part === 'Wildcard') literals.push('');
    else literals.push(`${literals.pop() ?? ''}${part.Literal}`);
  }
  return { op: 'like', ...name, literals, wanted };
}
