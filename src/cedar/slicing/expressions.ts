/**
 * Takes expressions of Cedar's JSON form apart: into terms that must all hold, and into what they compare.
 * @module
 */
import type { Expr } from '@cedar-policy/cedar-wasm/web';
import { uidKey } from '../entities.ts';
import { elementText, isEntityValue, scalarIn } from './cedar-values.ts';
import {
  type AttributeName,
  type EntityVariable,
  type Scalar,
  VARIABLES,
  type Variable,
} from './policy-terms.ts';

/** A part of a condition, and whether it must hold. */
export interface Term {
  readonly expr: Expr;
  readonly wanted: boolean;
}

/** The terms that must all hold for an expression to be `wanted`, in the order in which Cedar evaluates them. */
export function termsIn(expr: Expr, wanted: boolean): Term[] {
  if ('!' in expr && isUnary(expr['!'])) return termsIn(expr['!'].arg, !wanted);
  // `!(a || b)` is `!a && !b`: both are evaluated, and cut short, alike.
  const both = wanted ? operands(expr, '&&') : operands(expr, '||');
  if (both !== undefined) return [...termsIn(both.left, wanted), ...termsIn(both.right, wanted)];
  const choice = choiceIn(expr);
  // `if a then false else b` is `!a && b`, and `if a then b else false` is `a && b`.
  if (choice !== undefined && isLiteral(choice.then, !wanted))
    return [...termsIn(choice.if, false), ...termsIn(choice.else, wanted)];
  if (choice !== undefined && isLiteral(choice.else, !wanted))
    return [...termsIn(choice.if, true), ...termsIn(choice.then, wanted)];
  return [{ expr, wanted }];
}

/** The lists of terms of which one must hold, for an expression that is made of alternatives. */
export function sidesOf(expr: Expr, wanted: boolean): readonly (readonly Term[])[] | undefined {
  const either = wanted ? operands(expr, '||') : operands(expr, '&&');
  if (either !== undefined) return [termsIn(either.left, wanted), termsIn(either.right, wanted)];
  const choice = choiceIn(expr);
  if (choice === undefined) return undefined;
  return [
    [...termsIn(choice.if, true), ...termsIn(choice.then, wanted)],
    [...termsIn(choice.if, false), ...termsIn(choice.else, wanted)],
  ];
}

/** The variables that occur anywhere in a JSON value. A value that only looks like a variable counts too. */
export function variablesIn(value: unknown): Variable[] {
  const found = new Set<string>();
  const search = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if ('Var' in part && typeof part.Var === 'string') found.add(part.Var);
    for (const each of Object.values(part)) search(each);
  };
  search(value);
  return VARIABLES.filter((variable) => found.has(variable));
}

/** `if … then … else …` */
interface Choice {
  readonly if: Expr;
  readonly then: Expr;
  readonly else: Expr;
}

/** The parts of an `if … then … else …`; undefined for any other expression. */
export function choiceIn(expr: Expr): Choice | undefined {
  if (!('if-then-else' in expr)) return undefined;
  const choice = expr['if-then-else'];
  return 'then' in choice ? choice : undefined;
}

/** Whether an expression is this boolean, written out. */
export function isLiteral(expr: Expr, value: boolean): boolean {
  return 'Value' in expr && expr.Value === value;
}

/** The operands of a binary operator. */
export interface Operands {
  readonly left: Expr;
  readonly right: Expr;
}

/** The operands of an expression with this operator; undefined when it has another. */
export function operands(expr: Expr, operator: string): Operands | undefined {
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
export function variableOf(expr: Expr): Variable | undefined {
  return 'Var' in expr ? VARIABLES.find((variable) => variable === expr.Var) : undefined;
}

/** The variable that an expression consists of, where it holds an entity; undefined for any other expression. */
export function entityVariableOf(expr: Expr): EntityVariable | undefined {
  const variable = variableOf(expr);
  return variable === 'context' ? undefined : variable;
}

/**
 * The attribute or tag that an expression consists of, such as `principal.namespace` or `principal.getTag("team")`;
 * undefined for any other expression.
 */
export function attributeOf(expr: Expr): AttributeName | undefined {
  const tagged = operands(expr, 'getTag');
  if (tagged !== undefined) return tagOf(tagged.left, tagged.right);
  if (!('.' in expr)) return undefined;
  const access = expr['.'];
  if (!('left' in access)) return undefined;
  const variable = variableOf(access.left);
  return variable && { variable, attribute: access.attr };
}

/** The tag of a variable whose name is written out; undefined where the entity or the name is another expression. */
export function tagOf(entity: Expr, name: Expr): AttributeName | undefined {
  const variable = entityVariableOf(entity);
  const attribute = scalarOf(name);
  return variable !== undefined && typeof attribute === 'string'
    ? { variable, attribute, tag: true }
    : undefined;
}

/** The scalar that an expression consists of; undefined for any other expression. */
export function scalarOf(expr: Expr): Scalar | undefined {
  return 'Value' in expr ? scalarIn(expr.Value) : undefined;
}

/** The UID that an expression consists of; undefined for any other expression. */
export function entityOf(expr: Expr): string | undefined {
  return 'Value' in expr && isEntityValue(expr.Value) ? uidKey(expr.Value) : undefined;
}

/** The UIDs of an expression that is one of them, or a set of them; undefined for any other expression. */
export function entitiesOf(expr: Expr): string[] | undefined {
  const one = entityOf(expr);
  if (one !== undefined) return [one];
  if (!('Set' in expr) || !Array.isArray(expr.Set)) return undefined;
  const uids = expr.Set.map(entityOf).filter((uid) => uid !== undefined);
  return uids.length === expr.Set.length ? uids : undefined;
}

/** The text of a scalar or of a record of scalars. */
export function elementOf(expr: Expr): string | undefined {
  if (!('Record' in expr)) return elementText(scalarOf(expr));
  const fields = Object.entries(expr.Record).map(([name, field]) => [name, scalarOf(field)] as const);
  return elementText(Object.fromEntries(fields));
}
