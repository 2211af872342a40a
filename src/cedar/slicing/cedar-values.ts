import type { TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { uidKey } from '../entities.ts';
import type { Scalar } from './policy-terms.ts';

/**
 * A JSON value that compares here as it does in Cedar; undefined for any other value, e.g. for a number that
 * JavaScript rounds.
 */
export function scalarIn(value: unknown): Scalar | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
}

/**
 * One text for a scalar or a record of scalars, as it can be an element of a set: equal elements have equal texts.
 * Undefined for any other value.
 *
 * @example
 * elementText({ value: 'web', key: 'tier' }); // => '[["key","tier"],["value","web"]]'
 */
export function elementText(value: unknown): string | undefined {
  const scalar = scalarIn(value);
  if (scalar !== undefined) return JSON.stringify(scalar);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields = Object.entries(value);
  // Cedar takes an object with such a field for an entity or for a value of an extension.
  if (fields.some(([name, field]) => name.startsWith('__') || scalarIn(field) === undefined))
    return undefined;
  return JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a JSON value is an entity reference of Cedar: `{"__entity": {"type": "…", "id": "…"}}`. */
export function isEntityValue(value: unknown): value is { __entity: TypeAndId } {
  if (typeof value !== 'object' || value === null || !('__entity' in value)) return false;
  const entity = value.__entity;
  return typeof entity === 'object' && entity !== null && 'type' in entity && 'id' in entity;
}

/**
 * The UIDs of the entities that a JSON value refers to, at any depth.
 *
 * @param found The set to add them to.
 */
export function namesIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  if (isEntityValue(value)) found.add(uidKey(value));
  // The search goes into entity references as well: a record of a policy may have a field named `__entity`.
  for (const part of Object.values(value)) namesIn(part, found);
  return found;
}
