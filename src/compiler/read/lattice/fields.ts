import type { Path } from '../../model/pointer.ts';
import { POD_FLAGS } from '../../model/workload.ts';
import { CONTAINER_FIELDS, containerPlaces, SECURITY_KEYS } from '../container-places.ts';
import { type Belonging, type Fields, OBJECT_FIELDS, openFields, type Place } from '../field-places.ts';
import { entries, member } from '../mapping.ts';
import { FLAT_FIELDS } from './security-spelling.ts';

const LATTICE_CONTAINER: Fields = {
  read: [...CONTAINER_FIELDS.read, 'security'],
  passed: [...CONTAINER_FIELDS.passed, 'files', 'init', 'variables', 'volumes'],
};

/** Where the security fields of a Lattice document belong. */
export const LATTICE_BELONGS: readonly Belonging[] = [
  { keys: ['allowedBinaries', ...SECURITY_KEYS, ...FLAT_FIELDS], place: "a container's securityContext" },
  { keys: ['workload', 'runtime'], place: 'spec' },
  { keys: ['securityContext', 'security'], place: 'a container' },
  { keys: ['containers', 'initContainers'], place: 'spec.workload' },
  { keys: ['sidecars'], place: 'spec or spec.runtime' },
  { keys: ['ephemeralContainers'], place: 'no Lattice document' },
  { keys: POD_FLAGS, place: 'spec.runtime' },
];

/** The mappings of a Lattice document, of any kind, whose keys matter. */
export function latticePlaces(document: unknown): Place[] {
  const spec = { path: ['spec'], value: member(document, 'spec') };
  const tasks = units(spec.value, 'tasks', ['workload', 'runtime', 'sidecars']);
  const roles = units(spec.value, 'roles', [
    'entryWorkload',
    'entryRuntime',
    'workerWorkload',
    'workerRuntime',
  ]);
  const holders = [spec, ...tasks, ...roles];
  const workloads = among(holders, ['workload', 'entryWorkload', 'workerWorkload']);
  const runtimes = among(holders, ['runtime', 'entryRuntime', 'workerRuntime']);
  return [
    { path: [], value: document, fields: OBJECT_FIELDS },
    { ...spec, fields: openFields('workload', 'runtime', 'sidecars', ...POD_FLAGS) },
    ...tasks,
    ...roles,
    ...workloads.map((place) => ({
      ...place,
      fields: openFields('containers', 'initContainers', ...POD_FLAGS),
    })),
    ...runtimes.map((place) => ({ ...place, fields: openFields('sidecars', ...POD_FLAGS) })),
    ...workloads.flatMap((place) =>
      containerPlaces(place, ['containers', 'initContainers'], LATTICE_CONTAINER),
    ),
    ...[...runtimes, spec, ...tasks].flatMap((place) =>
      containerPlaces(place, ['sidecars'], LATTICE_CONTAINER),
    ),
  ];
}

/** The tasks of a job, or the roles of a model. */
function units(spec: unknown, key: 'tasks' | 'roles', read: readonly string[]): Place[] {
  return entries(member(spec, key)).map(([name, value]) => ({
    path: ['spec', key, name],
    value,
    fields: openFields(...read, ...POD_FLAGS),
  }));
}

type Located = Omit<Place, 'fields'>;

/** The members of some mappings that have one of these keys. */
function among(holders: readonly Located[], keys: readonly string[]): Located[] {
  return holders.flatMap(({ path, value }) =>
    keys.map((key): { path: Path; value: unknown } => ({ path: [...path, key], value: member(value, key) })),
  );
}
