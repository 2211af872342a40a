import type { PathVariable } from '../model/workload.ts';
import { entries, isMapping, member } from './mapping.ts';

/**
 * What a container says of its variable PATH, in `env` and `envFrom` as Kubernetes has them and in `variables` as
 * Lattice has them. Only a value that is written out is known: one that comes from elsewhere, or that refers to other
 * variables, is not. No other variable is looked at, because they may hold secrets.
 *
 * @example
 * pathVariableOf({ env: [{ name: 'PATH', value: '/app:/bin' }] }); // => { value: '/app:/bin' }
 * pathVariableOf({ env: [{ name: 'PATH', value: '/app:$(PATH)' }] }); // => 'unknown'
 * pathVariableOf({ envFrom: [{ configMapRef: { name: 'settings' } }] }); // => 'unknown'
 * pathVariableOf({}); // => 'unset'
 */
export function pathVariableOf(container: unknown): PathVariable {
  const [first, ...others] = [...inEnv(member(container, 'env')), ...inVariables(container)];
  // What is set in `env` wins over `envFrom`.
  if (first === undefined) return fillsPath(member(container, 'envFrom')) ? 'unknown' : 'unset';
  return others.length === 0 ? first : 'unknown';
}

function inEnv(env: unknown): PathVariable[] {
  if (isMapping(env)) return Object.hasOwn(env, 'PATH') ? ['unknown'] : [];
  return entries(env).flatMap(([, variable]): PathVariable[] => {
    if (member(variable, 'name') !== 'PATH') return [];
    return [member(variable, 'valueFrom') == null ? literal(member(variable, 'value') ?? '') : 'unknown'];
  });
}

function inVariables(container: unknown): PathVariable[] {
  const variables = member(container, 'variables');
  if (isMapping(variables)) return Object.hasOwn(variables, 'PATH') ? [literal(variables.PATH)] : [];
  return entries(variables).length === 0 ? [] : ['unknown'];
}

function literal(value: unknown): PathVariable {
  return typeof value === 'string' && !value.includes('$') ? { value } : 'unknown';
}

/** Whether a ConfigMap or a Secret may set PATH. Each of its keys is a variable, with the prefix before it. */
function fillsPath(sources: unknown): boolean {
  return entries(sources).some(([, source]) => {
    const prefix = member(source, 'prefix') ?? '';
    return typeof prefix !== 'string' || 'PATH'.startsWith(prefix);
  });
}
