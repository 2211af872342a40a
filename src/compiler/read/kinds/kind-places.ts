import { type Path, toPointer } from '../../model/pointer.ts';
import { OBJECT_FIELDS, openFields, type Place } from '../field-places.ts';
import { podPlaces } from '../kubernetes/fields.ts';
import { isMapping, member } from '../mapping.ts';

/** The mappings of an object on the way to its pods, whose keys matter. */
export function holderPlaces(object: unknown, pods: readonly Path[]): Place[] {
  const holders = new Map<
    string,
    { readonly path: Path; readonly value: unknown; readonly read: Set<string> }
  >();
  for (const path of pods) {
    let value = object;
    for (const [depth, step] of path.entries()) {
      const at = path.slice(0, depth);
      const pointer = toPointer(at);
      const holder = holders.get(pointer) ?? { path: at, value, read: new Set(['selector']) };
      holder.read.add(String(step));
      holders.set(pointer, holder);
      value = Array.isArray(value) ? value[Number(step)] : member(value, String(step));
    }
  }
  const root = holders.get('');
  holders.delete('');
  return [
    {
      path: [],
      value: object,
      fields: { ...OBJECT_FIELDS, read: [...new Set([...OBJECT_FIELDS.read, ...(root?.read ?? [])])] },
    },
    ...[...holders.values()].flatMap(({ path, value, read }) =>
      isMapping(value) ? [{ path, value, fields: openFields(...read) }] : [],
    ),
  ];
}

/** The mappings of a pod template whose keys matter. `added` are fields that a kind adds to the spec of a pod. */
export function templatePlaces(template: unknown, at: Path, added: readonly string[] = []): Place[] {
  return [
    { path: at, value: template, fields: openFields('metadata', 'spec') },
    ...podPlaces(member(template, 'spec'), [...at, 'spec'], added),
  ];
}
