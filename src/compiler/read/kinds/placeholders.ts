import { member } from '../mapping.ts';
import type { Match } from './matches.ts';

/** What placeholders stand for. */
export interface Placed {
  /** The name of the object; undefined when the cluster makes it. */
  readonly object: string | undefined;
  readonly namespace: string;
  readonly match: Pick<Match, 'item' | 'key'>;
  readonly absent: Readonly<Record<string, string>>;
}

/**
 * A text with its placeholders filled in; undefined when one of them stands for nothing.
 *
 * - `{object.name}` and `{object.namespace}`: the name and the namespace of the object.
 * - `{key}`: the key of the innermost mapping that the path of the pods leads through, and `{index}` the index of the
 *   innermost list.
 * - `{item.<field>}`: a field of what stands there; dots lead into mappings.
 *
 * A placeholder that ends in `|lower` is in lower case.
 *
 * @example
 * const placed = { object: 'train', namespace: 'ml', match: { item: { name: 'Worker' }, key: 0 }, absent: {} };
 * filled('{object.name}-{item.name|lower}', placed); // => 'train-worker'
 * filled('-{item.role}', placed); // => undefined
 */
export function filled(text: string, placed: Placed): string | undefined {
  let isWhole = true;
  const result = text.replaceAll(/\{([^}|]+)(\|lower)?\}/g, (_, name: string, lower: string | undefined) => {
    const value = standsFor(name, placed);
    if (value === undefined) isWhole = false;
    return (lower === undefined ? value : value?.toLowerCase()) ?? '';
  });
  return isWhole ? result : undefined;
}

function standsFor(name: string, placed: Placed): string | undefined {
  const { object, namespace, match, absent } = placed;
  if (name === 'object.name') return object;
  if (name === 'object.namespace') return namespace;
  if (name === 'key' || name === 'index') return match.key === undefined ? undefined : String(match.key);
  const value = name
    .split('.')
    .slice(1)
    .reduce<unknown>((holder, field) => member(holder, field), match.item);
  if (typeof value === 'string' && value !== '') return value;
  const other = Object.hasOwn(absent, name) ? absent[name] : undefined;
  return other === undefined ? undefined : filled(other, { ...placed, absent: {} });
}
