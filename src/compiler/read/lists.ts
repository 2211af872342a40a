import type { Source } from '../model/workload.ts';
import { entries, isMapping } from './mapping.ts';

/** An object of a body as JSON data, and where it stands. */
export interface SourceObject {
  readonly value: unknown;
  readonly source: Source;
}

/**
 * The objects of a list and of the lists in it; an object that is no list is returned as it is. kubectl, Helm and
 * Flux take for a list whatever has `items`, whatever its kind. We do so too where one of the items is an object.
 *
 * @example
 * const list = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'web' } }] };
 * const [item] = expandList({ value: list, source: { document: 0, path: [] } });
 * item.value; // => { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } }
 * item.source.path; // => ['items', 0]
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

/** The item with the apiVersion of its list, and with its kind without "List", if it has neither of its own. */
function withKindOf({ apiVersion, kind }: Readonly<Record<string, unknown>>, item: unknown): unknown {
  const silent = isMapping(item) && (item.kind ?? '') === '' && (item.apiVersion ?? '') === '';
  return silent && typeof kind === 'string' ? { ...item, apiVersion, kind: kind.replace(/List$/, '') } : item;
}
