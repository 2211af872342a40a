import type { Source } from '../model/workload.ts';
import { entries, isMapping } from './mapping.ts';

/** An object of a body, and where it stands. */
export interface SourceObject {
  readonly value: unknown;
  readonly source: Source;
}

/**
 * The objects of a list, and of the lists in it. kubectl, Helm and Flux make a list of whatever has `items`,
 * whatever its kind; where nothing in them is an object it is none.
 */
export function expandList(candidate: SourceObject): SourceObject[] {
  const { value, source } = candidate;
  if (!isMapping(value) || !isList(value)) return [candidate];
  return entries(value.items).flatMap(([index, item]) =>
    expandList({
      value: withKindOf(value, item),
      source: { ...source, path: [...source.path, 'items', index] },
    }),
  );
}

function isList({ kind, items }: Readonly<Record<string, unknown>>): boolean {
  if (!Array.isArray(items)) return false;
  return items.some(isMapping) || (typeof kind === 'string' && kind.endsWith('List'));
}

/** An item that says neither is of the list's apiVersion, and of its kind without "List". */
function withKindOf({ apiVersion, kind }: Readonly<Record<string, unknown>>, item: unknown): unknown {
  const silent = isMapping(item) && (item.kind ?? '') === '' && (item.apiVersion ?? '') === '';
  return silent && typeof kind === 'string' ? { ...item, apiVersion, kind: kind.replace(/List$/, '') } : item;
}
