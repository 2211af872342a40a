import { LIMITS } from '../model/limits.ts';
import { pathProblem } from '../model/paths.ts';
import { isSamePath, type Path } from '../model/pointer.ts';
import { type Container, PROBES } from '../model/workload.ts';
import { pathVariableOf } from './container-environment.ts';
import { hostProbeAsks } from './host-probes.ts';
import { member } from './mapping.ts';
import type { ContainerFields } from './pod-schemas.ts';
import type { Report } from './report.ts';

/** What the reader of a dialect has found out about a container, besides the fields that all dialects have. */
type Declared = Pick<Container, 'name' | 'role' | 'security' | 'asks' | 'securityPath' | 'places'>;

/** Reads the fields of a container that every dialect has. `at` is its path from the root of its object. */
export function readContainer(
  report: Report,
  declared: Declared,
  input: ContainerFields,
  at: Path,
): Container {
  const command = input.command?.[0];
  if (command !== undefined) checkEntrypoint(report, [...at, 'command', 0], command);
  const execProbes = PROBES.flatMap((kind) => {
    const words = input[kind]?.exec?.command ?? [];
    const [binary] = words;
    if (binary === undefined) return [];
    const place = [...at, kind, 'exec', 'command', 0];
    checkEntrypoint(report, place, binary);
    return [{ kind, binary, words, path: report.absolute(place) }];
  });
  const lifecycleBinaries = (['postStart', 'preStop'] as const).flatMap((hook) => {
    const words = input.lifecycle?.[hook]?.exec?.command ?? [];
    const [binary] = words;
    if (binary === undefined) return [];
    const place = [...at, 'lifecycle', hook, 'exec', 'command', 0];
    checkEntrypoint(report, place, binary);
    return [{ binary, words, path: report.absolute(place) }];
  });
  const workingDir = member(input, 'workingDir');
  return {
    ...declared,
    asks: [...declared.asks, ...hostProbeAsks(report, input, at)],
    places: { ...declared.places, ...placesElsewhere(report, at, [['command', 0], ['image']]) },
    image: input.image ?? undefined,
    knownImage: report.images.match(input.image ?? undefined),
    command,
    words: command === undefined ? [] : [...(input.command ?? []), ...(input.args ?? [])],
    args: input.args ?? [],
    workingDir: typeof workingDir === 'string' && workingDir !== '' ? workingDir : undefined,
    pathVariable: pathVariableOf(input),
    execProbes,
    backupHooks: [],
    lifecycleBinaries,
    writableMounts: [],
    path: report.absolute(at),
  };
}

/** Where those of some fields stand that were written elsewhere than the container's own field. */
function placesElsewhere(report: Report, at: Path, fields: readonly Path[]): Record<string, Path> {
  const own = report.absolute(at);
  const places = fields.map((field): [string, Path, Path] => [
    field.join('/'),
    report.absolute([...at, ...field]),
    [...own, ...field],
  ]);
  return Object.fromEntries(
    places.flatMap(([key, place, expected]) => (isSamePath(place, expected) ? [] : [[key, place]])),
  );
}

/**
 * Reports a binary that cannot be started. An absolute path that is not canonical would look as if it were on the
 * allowlist, but would never match what the kernel sees.
 */
export function checkEntrypoint(report: Report, path: Path, binary: string): void {
  if (binary === '') {
    report.fault(path, 'The entrypoint is empty.');
  } else if (binary.includes('\0') || !binary.isWellFormed()) {
    report.fault(path, 'The entrypoint holds a NUL or invalid Unicode.');
  } else if (binary.startsWith('/')) {
    const problem = pathProblem(binary);
    if (problem !== undefined)
      report.fault(path, `The entrypoint ${JSON.stringify(binary.slice(0, 200))} ${problem}.`);
  }
}

/** Checks the number and the names of the containers of a pod. `at` is the path of the pod from the root of its object. */
export function checkContainers(report: Report, containers: readonly Container[], at: Path): void {
  if (containers.length > LIMITS.containers) {
    report.fault(at, `A service has at most ${LIMITS.containers} containers; this has ${containers.length}.`);
  }
  const names = new Set<string>();
  for (const { name, path } of containers) {
    // Kubernetes demands that no two containers of a pod have the same name, whatever their roles.
    if (names.has(name))
      report.fault(path.slice(report.source.path.length), `The container name ${name} is used twice.`);
    names.add(name);
  }
}
