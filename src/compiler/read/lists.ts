import type { Path } from '../model/pointer.ts';
import type { Source } from '../model/workload.ts';
import { entries, isMapping, member } from './mapping.ts';

/** An object of a body as JSON data, and where it stands. */
export interface SourceObject {
  readonly value: unknown;
  readonly source: Source;
}

/**
 * The objects of a list and of the lists in it; an object that is no list is returned as it is.
 *
 * @example
 * const list = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'web' } }] };
 * const [item] = expandList({ value: list, source: { document: 0, path: [] } });
 * item.value; // => { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } }
 * item.source.path; // => ['items', 0]
 */
export function expandList(candidate: SourceObject): SourceObject[] {
  const { value, source } = candidate;
  if (!isList(value)) return [candidate];
  return itemsOf(value).flatMap(({ item, path }) =>
    expandList({ value: item, source: { ...source, path: [...source.path, ...path] } }),
  );
}

/** An object that is a list by its kind. */
interface ListObject {
  readonly kind: string;
  readonly items?: unknown;
}

/**
 * Whether an object is a list by its kind: a `List`, or a list of one kind such as a `DeploymentList`. kubectl knows
 * both kinds of list in every group and version of a cluster. No items are an empty list if the key is there.
 *
 * @example
 * isList({ apiVersion: 'v1', kind: 'List', items: [] }); // => true
 * isList({ apiVersion: 'v1', kind: 'ConfigMap', items: [] }); // => false
 */
export function isList(value: unknown): value is ListObject {
  if (!isMapping(value)) return false;
  const { kind, items } = value;
  return typeof kind === 'string' && kind.endsWith('List') && (Array.isArray(items) || items === null);
}

/**
 * The objects that kubectl, Helm, Flux and Argo CD would apply in place of an object that is no list: they take for a
 * list whatever has a list of `items`, whatever its kind. Objects in the items of items are among them.
 */
export function hiddenItems(value: unknown): { readonly item: unknown; readonly path: Path }[] {
  return itemsOf(value).flatMap(({ item, path }) => [
    { item, path },
    ...hiddenItems(item).map((inner) => ({ item: inner.item, path: [...path, ...inner.path] })),
  ]);
}

/** The items of an object. Old versions of kubectl read the key without regard to case. */
function itemsOf(value: unknown): { readonly item: unknown; readonly path: Path }[] {
  if (!isMapping(value)) return [];
  return Object.entries(value)
    .filter(([key, items]) => key.toLowerCase() === 'items' && Array.isArray(items))
    .flatMap(([key, items]) =>
      entries(items).map(([index, item]) => ({ item: withKindOf(value, item), path: [key, index] })),
    );
}

/** The item with the apiVersion of its list, and with its kind without "List", if it has neither of its own. */
function withKindOf(list: unknown, item: unknown): unknown {
  const [apiVersion, kind] = [member(list, 'apiVersion'), member(list, 'kind')];
  const silent = isMapping(item) && isEmpty(item, 'kind') && isEmpty(item, 'apiVersion');
  return silent && typeof kind === 'string' ? { ...item, apiVersion, kind: kind.replace(/List$/, '') } : item;
}

function isEmpty(item: unknown, key: string): boolean {
  return (member(item, key) ?? '') === '';
}
