import { DNS_LABEL, DNS_LABEL_MESSAGE } from '../../model/names.ts';
import { withoutEnd } from '../../model/paths.ts';
import { isSamePath, type Path } from '../../model/pointer.ts';
import type { Container } from '../../model/workload.ts';
import { readContainer } from '../container-reader.ts';
import { noteUndropped } from '../dropped-capabilities.ts';
import { entries, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { securityOf } from '../security-context.ts';
import type { ContainerInput, ContainersInput } from './unit-schemas.ts';

/** Reads the containers of one role, which stand at `path` as a list or by their names. */
export function readContainers(
  report: Report,
  role: Container['role'],
  path: Path,
  input: ContainersInput,
): Container[] {
  if (Array.isArray(input)) {
    return input.flatMap((container, index) => {
      const at = [...path, index];
      if (typeof container.name === 'string')
        return [readLatticeContainer(report, role, container.name, container, at)];
      report.fault([...at, 'name'], 'A container in a list needs a name.');
      return [];
    });
  }
  return Object.entries(input).map(([key, container]) => {
    const at = [...path, key];
    if (!DNS_LABEL.test(key))
      report.fault(at, `${JSON.stringify(key)} is not a container name. ${DNS_LABEL_MESSAGE}`);
    if (typeof container.name === 'string' && container.name !== key) {
      report.fault([...at, 'name'], `The container is named ${container.name} but stands under ${key}.`);
    }
    return readLatticeContainer(report, role, key, container, at);
  });
}

function readLatticeContainer(
  report: Report,
  role: Container['role'],
  name: string,
  input: ContainerInput,
  at: Path,
): Container {
  const isInit = role === 'sidecar' && member(input, 'init') === true;
  const context = input.securityContext;
  const contextAt = [...at, 'securityContext'];
  noteUndropped(report, [...contextAt, 'capabilities', 'drop'], name, context?.capabilities?.drop);
  const declared = {
    name,
    role: isInit ? ('initContainer' as const) : role,
    security: { allowedBinaries: context?.allowedBinaries ?? undefined, ...securityOf(context ?? {}) },
    asks: [],
    securityPath: report.absolute(context == null ? at : contextAt),
    places: context == null ? {} : placesElsewhere(report, contextAt, context),
  };
  const writableMounts = entries(member(input, 'volumes'))
    .filter(([mountPath, volume]) => String(mountPath).startsWith('/') && member(volume, 'readOnly') !== true)
    .map(([mountPath]) => withoutEnd(String(mountPath), '/'));
  return { ...readContainer(report, declared, input, at), writableMounts };
}

/**
 * Where those values of a security context stand that come from defaults or are written in the other spelling, by the
 * steps that lead to each value.
 */
function placesElsewhere(report: Report, at: Path, context: object): Record<string, Path> {
  const base = report.absolute(at);
  const places: Record<string, Path> = {};
  const visit = (value: unknown, steps: Path): void => {
    const place = report.absolute([...at, ...steps]);
    if (!isSamePath(place, [...base, ...steps])) places[steps.join('/')] = place;
    for (const [step, each] of entries(value)) visit(each, [...steps, step]);
  };
  visit(context, []);
  return places;
}
