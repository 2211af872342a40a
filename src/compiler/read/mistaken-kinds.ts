import { distance } from 'fastest-levenshtein';
import type { Path } from '../model/pointer.ts';
import type { KnownKinds } from './known-kinds.ts';
import { isList } from './lists.ts';
import { entries, member } from './mapping.ts';
import { KIND_NAMES } from './readers.ts';
import { findShape, isBuiltIn } from './unknown-kinds.ts';

/**
 * Why a list must not be taken apart, or undefined if it may be: kubectl reads nothing of it but its items, so that
 * whatever makes pods beside them is lost or is read by somebody else.
 *
 * @param kinds The kinds of workloads that are known.
 */
export function mistakenList(
  value: unknown,
  kinds: KnownKinds,
): { readonly path: Path; readonly message: string } | undefined {
  const apiVersion = String(member(value, 'apiVersion'));
  if (member(value, 'kind') === 'ResourceList' && apiVersion.startsWith('config.kubernetes.io/'))
    return { path: ['kind'], message: 'A ResourceList is what KRM functions take: send it to /krm.' };
  if (!isList(value)) return undefined;
  const { items, ...outside } = value;
  const found = findShape(outside, !isBuiltIn(apiVersion), kinds);
  if (found !== undefined) {
    const message = `A ${value.kind.slice(0, 100)} has nothing but items, and this stands beside them, where kubectl ignores it. Move it into an item.`;
    return { path: found, message };
  }
  for (const [index, item] of entries(items)) {
    const problem = mistakenList(item, kinds);
    if (problem !== undefined) return { ...problem, path: ['items', index, ...problem.path] };
  }
  return undefined;
}

/** The API groups of the kinds that we know. Kubernetes no longer serves other versions of the built-in ones. */
const KNOWN_GROUPS = ['', 'apps', 'batch', 'extensions', 'lattice.dev'];

function isKnownGroup(apiVersion: string): boolean {
  return KNOWN_GROUPS.includes(apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '');
}

/** Why an object of an unknown kind must not pass, or undefined if it may: it was meant to be of a kind we know. */
export function mistakenKind(apiVersion: string, kind: string): string | undefined {
  const shown = JSON.stringify(kind.slice(0, 100));
  // Other groups have kinds of the same names, such as Job, and kinds of names that built-in ones have, such as Service.
  const expected = KIND_NAMES.find(([version, known]) => known === kind && isKnownGroup(version))?.[0];
  if (expected !== undefined && isKnownGroup(apiVersion))
    return `Expected apiVersion ${expected} for a ${kind}, not ${JSON.stringify(apiVersion.slice(0, 100))}.`;
  for (const [version, known] of KIND_NAMES) {
    if (version !== apiVersion) continue;
    if (kind === `${known}List`) return `Expected a ${kind} with a list of items.`;
    if (kind.length < 100 && distance(kind.toLowerCase(), known.toLowerCase()) <= 1)
      return `There is no kind ${shown} in ${version}. Did you mean ${known}?`;
  }
  return kind === 'List' ? 'Expected a v1 List with a list of items.' : undefined;
}
