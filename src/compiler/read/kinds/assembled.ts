import type { Path } from '../../model/pointer.ts';
import { entries, isMapping } from '../mapping.ts';
import type { Assembled, PodsRow } from './kind-row.ts';
import type { Match } from './matches.ts';

/** The pod templates that a place of an object describes. */
export function assembledOf(row: PodsRow, match: Match, object: unknown): readonly Assembled[] {
  const { containerName } = row;
  const assembled = byShape(row, match, object);
  if (containerName === undefined) return assembled;
  return assembled.map((each) => ({ ...each, template: withNames(each.template, containerName) }));
}

function byShape({ shape }: PodsRow, { path, value }: Match, object: unknown): readonly Assembled[] {
  if (shape === 'template') {
    const originOf = (within: Path): Path => [...path, ...within];
    return [{ template: value, originOf, read: [], metadata: originOf(['metadata']) }];
  }
  if (shape === 'podSpec') {
    const originOf = ([first, ...rest]: Path): Path => (first === 'spec' ? [...path, ...rest] : path);
    return [{ template: { spec: value }, originOf, read: [], metadata: undefined }];
  }
  return shape.assemble(object, path);
}

/** The template with names for the containers that have none, as the controller gives them. */
function withNames(template: unknown, name: string): unknown {
  if (!isMapping(template) || !isMapping(template.spec)) return template;
  const { spec } = template;
  const containers = entries(spec.containers);
  if (!Array.isArray(spec.containers) || containers.length === 0) return template;
  const named = containers.map(([index, container]) =>
    isMapping(container) && (container.name == null || container.name === '')
      ? { ...container, name: containers.length === 1 ? name : `${name}-${index}` }
      : container,
  );
  return { ...template, spec: { ...spec, containers: named } };
}
