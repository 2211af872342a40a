import type { ContainerBinaries } from '../compiler/derive/container-binaries.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { compareText } from '../compiler/model/ordered.ts';
import type { Container } from '../compiler/model/workload.ts';
import { writableDirectoryOf } from '../events/writable-places.ts';
import { allowedPaths, listedBinaries, namedBinaries, survives } from './allowlist.ts';
import { BINARY_CLASSES, type BinaryClass, classesByName, whyUnlistable } from './binary-classes.ts';
import type { LearnOptions } from './learn-options.ts';
import type { Observation, SeenBinary } from './observation.ts';
import { probeDescendants } from './probe-descendants.ts';

/** A class of a binary, and why it has it. */
export interface Classified {
  readonly class: BinaryClass;
  readonly reason: string;
}

/** A binary that was seen in a container, or that its allowlist names. */
export interface LearntBinary {
  readonly path: string;
  /**
   * `listed`: the allowlist lets it run. `missing`: it ran, or was to run, and the allowlist does not. `never-seen`: it
   * is on the allowlist and did not run.
   */
  readonly status: 'listed' | 'missing' | 'never-seen';
  /** What was seen of it; undefined when it was never seen. */
  readonly seen: SeenBinary | undefined;
  readonly classes: readonly Classified[];
  /** Why no allowlist can name it; undefined when one can. */
  readonly unlistable: string | undefined;
  /** Whether the container may need it. What somebody started from outside is not needed, and is rightly stopped. */
  readonly needed: boolean;
  /** Whether it is in the proposal and not yet on the allowlist. */
  readonly proposed: boolean;
}

/** What is proposed for a container. */
export interface Proposal {
  /** What `allowedBinaries` of the container is to be: what it lists now, without the wildcard, and what was added. */
  readonly allowedBinaries: readonly string[];
  /** What is added to it. */
  readonly added: readonly string[];
}

/** What was learnt of a container. */
export interface LearntContainer {
  readonly container: Container;
  /** Undefined when no event was of it. */
  readonly observation: Observation | undefined;
  /** In the order of their paths. */
  readonly binaries: readonly LearntBinary[];
  /** Undefined when nothing is to be changed. */
  readonly proposal: Proposal | undefined;
}

/** What a container may run now. */
interface AllowedNow {
  readonly allowed: ContainerBinaries | undefined;
  /** Without what is known of its image. */
  readonly own: ContainerBinaries | undefined;
}

/**
 * Compares what ran in a container with its allowlist, and proposes a new one. Nothing is proposed that did not run, and
 * nothing that is of a class which was not asked for.
 *
 * @param now What it may run now, with what is known of its image, and without.
 */
export function learnContainer(
  container: Container,
  observation: Observation | undefined,
  { allowed, own }: AllowedNow,
  options: LearnOptions,
): LearntContainer {
  const named = namesOf(allowed);
  const paths = allowedPaths(named, options.compile);
  const seen = [...(observation?.binaries.values() ?? [])];
  const descendants = probeDescendants(observation?.binaries ?? new Map());
  const learnt = seen.map((each) => learnBinary(each, { container, paths, descendants }, options));
  const covered = new Set(seen.flatMap(({ path, resolved }) => [path, ...resolved]));
  const neverSeen = [...named]
    .filter((path) => !covered.has(path))
    .map(
      (path): LearntBinary => ({
        path,
        status: 'never-seen',
        seen: undefined,
        classes: [],
        unlistable: undefined,
        needed: false,
        proposed: false,
      }),
    );
  return {
    container,
    observation,
    binaries: [...learnt, ...neverSeen].sort((a, b) => compareText(a.path, b.path)),
    proposal: proposalOf(container, learnt, { allowed, own }, options),
  };
}

function namesOf(binaries: ContainerBinaries | undefined): ReadonlySet<string> {
  return binaries === undefined ? new Set() : namedBinaries(binaries);
}

/** What a binary is compared with. */
interface Surroundings {
  readonly container: Container;
  /** The paths that may run now. */
  readonly paths: ReadonlySet<string>;
  /** What probes or hooks may have started by others. */
  readonly descendants: ReadonlySet<string>;
}

function learnBinary(
  seen: SeenBinary,
  { container, paths, descendants }: Surroundings,
  options: LearnOptions,
): LearntBinary {
  const { path, origins } = seen;
  const mayBeOfProbe = descendants.has(path);
  const needed = mayBeOfProbe || [...origins].some((origin) => origin !== 'outside');
  const base = { path, seen, needed };
  if (survives(seen, paths, options.compile))
    return { ...base, status: 'listed', classes: [], unlistable: undefined, proposed: false };
  const classes = classify(seen, container, mayBeOfProbe, options);
  const unlistable = reasonUnlistable(seen, options);
  const proposed = unlistable === undefined && classes.every((each) => options.include.has(each.class));
  return { ...base, status: 'missing', classes, unlistable, proposed };
}

/** The paths by which an allowlist names a binary. */
function pathsOf({ path, resolved }: SeenBinary, { compile }: LearnOptions): string[] {
  const files = [...resolved].sort(compareText);
  if (compile.pathMatching === 'resolved') return files;
  return whyUnlistable(path) === undefined || files.length === 0 ? [path] : files;
}

const ONLY_FOUND =
  'It ran before the agent did, and no event tells by which path it was started. Restart the pods while events are recorded, and send the events from then on.';

/**
 * Whether only the file of a binary is known, and not the path by which it was started: of a script, the file is that of its
 * interpreter. Where resolved paths are compared, the file is what counts.
 */
export function isOnlyFound(
  { executed }: Pick<SeenBinary, 'executed'>,
  { compile }: Pick<LearnOptions, 'compile'>,
): boolean {
  return !executed && compile.pathMatching !== 'resolved';
}

function reasonUnlistable(seen: SeenBinary, options: LearnOptions): string | undefined {
  if (seen.unlinked)
    return 'It ran from memory or from a deleted file, which has no path: every allowlist stops it.';
  if (isOnlyFound(seen, options)) return ONLY_FOUND;
  const paths = pathsOf(seen, options);
  if (paths.length === 0)
    return 'No event tells the path of its file after symbolic links, which pathMatching=resolved compares. Load allow-binaries in monitor mode: its events tell it.';
  const [reason] = paths.flatMap((path) => whyUnlistable(path) ?? []);
  return reason === undefined ? undefined : `An allowlist cannot name it: its path ${reason}.`;
}

function classify(
  seen: SeenBinary,
  { writableMounts }: Container,
  mayBeOfProbe: boolean,
  options: LearnOptions,
): Classified[] {
  const named = [
    ...pathsOf(seen, options)
      .flatMap(classesByName)
      .map((each) => ({ class: each, reason: BINARY_CLASSES[each] })),
    ...classesByFile(seen),
  ];
  const [directory] = [seen.path, ...seen.resolved].flatMap(
    (path) => writableDirectoryOf(path, writableMounts) ?? [],
  );
  const writable: Classified[] =
    directory === undefined
      ? []
      : [
          {
            class: 'writable',
            reason: `It lies in ${directory}, where the container can write, so whoever writes there can replace it.`,
          },
        ];
  const all: Classified[] = [...named, ...writable, ...originClass(seen, mayBeOfProbe)];
  return all.filter((each, index) => all.findIndex((other) => other.class === each.class) === index);
}

/**
 * The classes that all files of a binary have: behind another name may be a symbolic link to a shell. A script has two files,
 * its own and its interpreter, and is no interpreter itself.
 */
function classesByFile({ resolved }: SeenBinary): Classified[] {
  const [first, ...others] = [...resolved].sort(compareText);
  if (first === undefined) return [];
  const classes = others.map((file) => new Set(classesByName(file)));
  return classesByName(first)
    .filter((each) => classes.every((found) => found.has(each)))
    .map((each) => ({ class: each, reason: `Its file is ${first}. ${BINARY_CLASSES[each]}` }));
}

function originClass({ origins }: SeenBinary, mayBeOfProbe: boolean): Classified[] {
  if (origins.has('tree') || origins.has('declared')) return [];
  if (mayBeOfProbe)
    return [
      {
        class: 'exec',
        reason:
          'It was started from outside the process tree of the container, by a probe or a hook of the workload or as kubectl exec does: the events do not say.',
      },
    ];
  const reason = origins.has('unknown')
    ? 'The events do not say whether the container started it or somebody did from outside, as kubectl exec does.'
    : BINARY_CLASSES.exec;
  return [{ class: 'exec', reason }];
}

function proposalOf(
  container: Container,
  learnt: readonly LearntBinary[],
  { allowed, own }: AllowedNow,
  options: LearnOptions,
): Proposal | undefined {
  const added = learnt
    .filter(({ proposed }) => proposed)
    .flatMap(({ seen }) => (seen === undefined ? [] : pathsOf(seen, options)));
  const listed = listedBinaries(container);
  const isNew = added.length > 0 || (allowed?.allowlist === undefined && learnt.length > 0);
  const known = new Set([...listed, ...added]);
  // A list must hold when nobody tells the image any more, and where any binary may run now, it must not be empty.
  const ownNames = namesOf(own);
  const names = namesOf(allowed);
  const instead = learnt
    .filter(({ status }) => status === 'listed')
    .flatMap(({ path, seen }) => [path, ...(seen?.resolved ?? [])])
    .filter((path) => names.has(path) && (known.size === 0 || !ownNames.has(path)));
  const allowedBinaries = [...new Set([...known, ...instead])].sort(compareText);
  if (!isNew || allowedBinaries.length === 0 || allowedBinaries.length > LIMITS.binaries) return undefined;
  return { allowedBinaries, added: allowedBinaries.filter((path) => !listed.includes(path)) };
}
