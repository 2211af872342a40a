import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import type { Path } from '../model/pointer.ts';
import { isMapping } from './mapping.ts';
import { KIND_NAMES, readerOf } from './readers.ts';
import { findContainers } from './unknown-kinds.ts';

const ListSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), items: z.array(z.unknown()) });

/**
 * Why an object must not be taken apart as a list although it has items, or undefined if it may be: its objects
 * would be read in place of a workload, or would be applied by a tool that does not ask us.
 */
export function mistakenList(value: unknown): { readonly path: Path; readonly message: string } | undefined {
  const list = ListSchema.safeParse(value);
  if (!list.success || !list.data.items.some(isMapping)) return undefined;
  const { apiVersion, kind, items } = list.data;
  if (kind === 'ResourceList' && apiVersion.startsWith('config.kubernetes.io/'))
    return { path: ['kind'], message: 'A ResourceList is what KRM functions take: send it to /krm.' };
  const { items: _, ...outside } = list.data;
  if (readerOf(apiVersion, kind) !== undefined || findContainers(apiVersion, kind, outside) !== undefined) {
    return {
      path: ['items'],
      message: `A ${kind} has no items: kubectl makes a list of whatever has some, and applies those instead of it. Leave them out.`,
    };
  }
  for (const [index, item] of items.entries()) {
    const problem = mistakenList(item);
    if (problem !== undefined) return { ...problem, path: ['items', index, ...problem.path] };
  }
  return undefined;
}

/** The API groups of the kinds that we know. Kubernetes no longer serves other versions of the built-in ones. */
const KNOWN_GROUPS = ['', 'apps', 'batch', 'extensions', 'lattice.dev'];

/** Why an object of an unknown kind must not pass, or undefined if it may: it was meant to be of a kind we know. */
export function mistakenKind(apiVersion: string, kind: string): string | undefined {
  const shown = JSON.stringify(kind.slice(0, 100));
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const expected = KIND_NAMES.find(([, known]) => known === kind)?.[0];
  if (expected !== undefined && KNOWN_GROUPS.includes(group))
    return `Expected apiVersion ${expected} for a ${kind}, not ${JSON.stringify(apiVersion.slice(0, 100))}.`;
  for (const [version, known] of KIND_NAMES) {
    if (version !== apiVersion) continue;
    if (kind === `${known}List`) return `Expected a ${kind} with a list of items.`;
    if (kind.length < 100 && distance(kind.toLowerCase(), known.toLowerCase()) <= 1)
      return `There is no kind ${shown} in ${version}. Did you mean ${known}?`;
  }
  return kind === 'List' ? 'Expected a v1 List with a list of items.' : undefined;
}
