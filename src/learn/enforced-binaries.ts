import { startedPrograms } from '../compiler/derive/started-programs.ts';
import type { Container, Workload } from '../compiler/model/workload.ts';
import { allowedPaths, binariesByContainer, namedBinaries, survives } from './allowlist.ts';
import type { LearnOptions } from './learn-options.ts';
import { names } from './origin.ts';
import { isOnlyFound, type LearntBinary, type LearntContainer } from './propose.ts';
import type { Stop } from './stops.ts';

/** What the allowlists of a workload would kill. */
interface StoppedBinaries {
  readonly stops: readonly Stop[];
  readonly reasons: readonly string[];
  readonly changes: readonly string[];
}

/** What would become of the binaries of a workload if its allowlists were enforced. */
export class EnforcedBinaries {
  readonly #containers: readonly LearntContainer[];
  readonly #options: LearnOptions;
  /** The paths that each container may run, by its name; of one that may run any binary, undefined. */
  readonly #lists: ReadonlyMap<string, ReadonlySet<string> | undefined>;

  /** Whether allow-binaries was watching all the time, so that every run that it would kill is an event. */
  readonly #watched: boolean;

  /** @param evidence The workload with the proposed allowlists, and what was learnt of its containers. */
  constructor(
    {
      workload,
      containers,
    }: { readonly workload: Workload; readonly containers: readonly LearntContainer[] },
    options: LearnOptions,
  ) {
    this.#containers = containers;
    this.#options = options;
    this.#lists = listsOf(workload, options);
    const now = { ...workload, containers: containers.map(({ container }) => container) };
    this.#watched =
      options.monitored &&
      [...binariesByContainer(now).values()].every(({ allowlist }) => allowlist !== undefined);
  }

  /** The binaries that ran and would be killed, with what to change. */
  stopped(): StoppedBinaries {
    const stopped = this.#containers.flatMap(({ container, binaries }) =>
      binaries
        .filter((binary) => binary.needed && !this.#mayRun(container, binary) && !this.#isOnlyFound(binary))
        .map((binary) => ({ container, binary })),
    );
    const what = stopped.length === 1 ? 'binary' : 'binaries';
    return {
      stops: stopped.flatMap(({ container, binary }) => stopOf(container, binary)),
      reasons: stopped.length === 0 ? [] : [`${stopped.length} ${what} that ran would be killed.`],
      changes: stopped.map(({ container, binary }) => changeOf(container, binary)),
    };
  }

  /** A reason for each exec probe or hook by a shell or a launcher of which no event shows a run, nor what it starts. */
  unseenActions(): string[] {
    return this.#containers.flatMap(({ container, binaries }) => {
      if (this.#lists.get(container.name) === undefined) return [];
      const { execProbes, lifecycleBinaries, backupHooks } = container;
      return [...execProbes, ...lifecycleBinaries, ...backupHooks]
        .filter(({ words }) => startedPrograms(words) !== undefined)
        .filter(
          ({ binary }) =>
            !binaries.some(({ path, seen }) => seen?.origins.has('declared') === true && names(binary, path)),
        )
        .map(
          ({ binary }) =>
            `No event shows a run of ${binary} by a probe or a hook of the container ${container.name}, and so nothing of what that starts. A preStop hook runs when a pod ends. The export files of the agent leave out exec probes by default: record with tetra getevents.`,
        );
    });
  }

  /** A reason for each binary of which no event tells all paths that the kernel compares. */
  unknownPaths(): string[] {
    return this.#containers.flatMap(({ container, binaries }) =>
      binaries
        .filter(({ needed }) => needed && this.#lists.get(container.name) !== undefined)
        .flatMap((binary) => {
          const { path, unlistable, seen } = binary;
          if (this.#isOnlyFound(binary) && !this.#mayRun(container, binary))
            return [`${container.name}: ${path} is not on the list. ${unlistable ?? ''}`];
          if (seen?.relativeScript !== true || this.#watched) return [];
          return [
            `${container.name}: ${path} is a script that was started by a relative path, so its interpreter must be on the list too, by the path of its file. Load this list in monitor mode, record again, and say so with monitored=true.`,
          ];
        }),
    );
  }

  #isOnlyFound({ seen }: LearntBinary): boolean {
    return seen !== undefined && isOnlyFound(seen, this.#options);
  }

  #mayRun({ name }: Container, { seen }: LearntBinary): boolean {
    const list = this.#lists.get(name);
    return list === undefined || (seen !== undefined && survives(seen, list, this.#options.compile));
  }
}

function listsOf(
  workload: Workload,
  { compile }: LearnOptions,
): ReadonlyMap<string, ReadonlySet<string> | undefined> {
  const binaries = [...binariesByContainer(workload)];
  if (compile.scope === 'container')
    return new Map(
      binaries.map(([name, each]) => [
        name,
        each.allowlist === undefined ? undefined : allowedPaths(namedBinaries(each), compile),
      ]),
    );
  const union = new Set(binaries.flatMap(([, each]) => [...namedBinaries(each)]));
  const pod = allowedPaths(union, compile);
  return new Map(binaries.map(([name]) => [name, pod]));
}

function stopOf(container: Container, { path, seen }: LearntBinary): Stop[] {
  if (seen === undefined) return [];
  const { runs, stopped, first, last } = seen;
  return [
    {
      container: container.name,
      count: Math.max(runs, stopped),
      first,
      last,
      binaries: path === '' ? [] : [path],
      what: path === '' ? 'a binary whose path the events do not tell' : `a run of ${path}`,
    },
  ];
}

function changeOf({ name }: Container, { path, unlistable, classes }: LearntBinary): string {
  if (unlistable !== undefined)
    return `${name}: ${path === '' ? 'a binary' : path} cannot be allowed. ${unlistable}`;
  const names = classes.map((each) => each.class);
  if (names.length === 0) return `${name}: add ${path} to the allowlist.`;
  return `${name}: ${path} is left out (${names.join(', ')}). Have the container do without it, or propose it with include=${names.join(',')}.`;
}
