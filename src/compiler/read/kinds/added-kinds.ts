import type { Additions } from '../../model/additions.ts';
import type { AddedKind } from '../../model/workload-kinds.ts';
import type { KindRow, PodsRow } from './kind-row.ts';

/**
 * The row of a kind that a policy set adds. It is read as one of the table is.
 *
 * @example
 * const pods = [{ at: 'spec.template', shape: 'template', selector: 'template' }];
 * const row = rowOf({ group: 'example.org', versions: ['v1'], kind: 'Widget', pods });
 * row.pods[0].at; // => 'spec.template'
 */
export function rowOf({ group, versions, kind, scope, pods, excused = [] }: AddedKind): KindRow {
  const by = `The controller of ${kind}`;
  return {
    group,
    versions,
    kind,
    ...(scope === undefined ? {} : { scope }),
    pods: pods.map((place) => podsRowOf(place, by)),
    excused,
  };
}

function podsRowOf(place: AddedKind['pods'][number], by: string): PodsRow {
  const { at, shape, selector, suffix, labels, fields, containerName, adds } = place;
  return {
    at,
    shape,
    selector,
    ...(suffix === undefined ? {} : { suffix }),
    ...(labels === undefined ? {} : { labels }),
    ...(fields === undefined ? {} : { fields }),
    ...(containerName === undefined ? {} : { containerNames: { containers: containerName } }),
    ...(adds === undefined ? {} : { adds: { by, ...given(adds) } }),
  };
}

function given({
  binaries,
  containers,
}: NonNullable<AddedKind['pods'][number]['adds']>): Omit<Additions, 'by'> {
  return {
    ...(binaries === undefined ? {} : { binaries }),
    ...(containers === undefined ? {} : { containers }),
  };
}
