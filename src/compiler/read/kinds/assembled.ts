import type { Path } from '../../model/pointer.ts';
import { entries, isMapping, member, valueAt } from '../mapping.ts';
import type { Assembled, PodsRow } from './kind-row.ts';
import type { Match } from './matches.ts';

/** The pod templates that a place of an object describes. */
export function assembledOf(row: PodsRow, match: Match, object: unknown): readonly Assembled[] {
  const { containerNames } = row;
  const assembled = byShape(row, match, object);
  if (containerNames === undefined) return assembled;
  return assembled.map((each) => ({ ...each, template: withNames(each.template, containerNames) }));
}

/** The pod template that stands at a path of an object. */
export function templateAt(object: unknown, path: Path): Assembled {
  return {
    template: valueAt(object, path),
    originOf: (within) => [...path, ...within],
    read: [],
    metadata: [...path, 'metadata'],
  };
}

function byShape({ shape }: PodsRow, { path, value }: Match, object: unknown): readonly Assembled[] {
  if (shape === 'template') return [{ ...templateAt(object, path), template: value }];
  if (shape === 'podSpec') {
    const originOf = ([first, ...rest]: Path): Path => (first === 'spec' ? [...path, ...rest] : path);
    return [{ template: { spec: value }, originOf, read: [], metadata: undefined }];
  }
  return shape.assemble(object, path);
}

/** The template with names for the containers that have none, as the webhook of the kind gives them. */
function withNames(template: unknown, names: NonNullable<PodsRow['containerNames']>): unknown {
  if (!isMapping(template) || !isMapping(template.spec)) return template;
  const { spec } = template;
  const used = new Set(
    Object.keys(names).flatMap((group) =>
      entries(spec[group]).map(([, container]) => member(container, 'name')),
    ),
  );
  const named = Object.entries(names).flatMap(([group, name]): [string, unknown][] => {
    const containers = spec[group];
    return Array.isArray(containers) ? [[group, namedAs(name, containers, used)]] : [];
  });
  return { ...template, spec: { ...spec, ...Object.fromEntries(named) } };
}

function namedAs(name: string, containers: readonly unknown[], used: ReadonlySet<unknown>): unknown[] {
  let next = 0;
  return containers.map((container) => {
    if (!isMapping(container) || (container.name ?? '') !== '') return container;
    if (containers.length === 1 && !used.has(name)) return { ...container, name };
    while (used.has(`${name}-${next}`)) next += 1;
    const numbered = { ...container, name: `${name}-${next}` };
    next += 1;
    return numbered;
  });
}
