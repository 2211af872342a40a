import { hasVariable, shownWord } from '../model/container-start.ts';
import type { Notice, NoticeCode } from '../model/notices.ts';
import type { CompileOptions } from '../model/options.ts';
import { compareText } from '../model/ordered.ts';
import { baseName, isLongerThan, pathBytes } from '../model/paths.ts';
import type { Path } from '../model/pointer.ts';
import { type Container, securityPlace, type Workload, workloadId } from '../model/workload.ts';
import type { BinaryRequest, ContainerBinaries } from './container-binaries.ts';
import { withController } from './controller-additions.ts';
import { completionOf, type UncertainAction } from './image-certainty.ts';
import { type Entrypoints, entrypointsOf, type ImageEntrypoint } from './image-entrypoints.ts';

/** The longest path, in bytes, that Tetragon matches on kernels before 5.11. */
const LONG_PATH_BYTES = 510;

/**
 * The binaries that each container may execute (specification, "allowedBinaries behavior"): those in allowedBinaries,
 * and those in `command[0]`, exec probes, lifecycle hooks and backup hooks. A container with an unknown entrypoint may execute any
 * binary. Arguments and other kinds of probes are not read.
 */
export function containerBinaries(workload: Workload): WorkloadBinaries {
  const notices: Notice[] = [];
  const binaries = workload.containers.map((container, index) => {
    const note = (code: NoticeCode, path: Path, message: string): void => {
      notices.push({
        code,
        service: workloadId(workload),
        container: container.name,
        message,
        document: workload.source.document,
        path,
      });
    };
    return withController(workload, index, readContainer(container, note), note);
  });
  return { binaries: heedNeighbours(binaries), notices };
}

/** The binaries of the containers of a workload, and notices about them for its author. */
interface WorkloadBinaries {
  readonly binaries: readonly ContainerBinaries[];
  readonly notices: readonly Notice[];
}

/** How many neighbours are named that hold a list back. */
const NEIGHBOURS = 3;

/**
 * Takes back the lists that rest on the configs of images where the list of the whole pod would kill what a neighbour
 * starts. Without the configs the pod has no list that could.
 */
function heedNeighbours(binaries: readonly ContainerBinaries[]): readonly ContainerBinaries[] {
  const rests = ({ declared, byImage }: ContainerBinaries): boolean =>
    declared.length === 0 && byImage.length > 0;
  // One container that may run any binary leaves the pod without a list.
  if (!binaries.some(rests) || binaries.some(({ allowlist }) => allowlist === undefined)) return binaries;
  const uncertain = binaries.flatMap(({ container, declared, byImage }): UncertainAction[] => {
    if (declared.length > 0 || byImage.length > 0) return [];
    // One action of a neighbour is enough to name.
    return completionOf(container, entrypointsOf(container))
      .uncertain.slice(0, 1)
      .map((action) => ({ ...action, neighbour: container.name }));
  });
  if (uncertain.length === 0) return binaries;
  return binaries.map((each) =>
    rests(each)
      ? {
          ...each,
          uncertain: uncertain.slice(0, NEIGHBOURS),
          implicitWildcard: placeWithoutImage(each.container, each.byImage),
          allowlist: undefined,
          monitored: each.allowlist,
        }
      : each,
  );
}

type Note = (code: NoticeCode, path: Path, message: string) => void;

function readContainer(container: Container, note: Note): ContainerBinaries {
  const declared = distinct(
    (container.security.allowedBinaries ?? []).map((binary, index) => ({
      binary,
      path: securityPlace(container, 'allowedBinaries', index),
    })),
  );
  if (container.security.allowedBinaries?.length === 0) {
    note(
      'EmptyAllowedBinaries',
      [...container.securityPath, 'allowedBinaries'],
      'allowedBinaries is an empty list, which counts as not set.',
    );
  }
  const found = entrypointsOf(container);
  const { literal, byImage } = found;
  // Whoever lists binaries has considered what the entrypoints start, and so has whoever names all of them.
  const { more, uncertain } =
    declared.length > 0 || byImage.length === 0
      ? { more: [], uncertain: [] }
      : completionOf(container, found);
  const entrypoints = distinct([
    ...literal.map(({ binary, path }) => ({ binary, path })),
    ...byImage.flatMap(({ action: { path }, program, others }) =>
      [...program.paths, ...(others ?? [])].map((binary) => ({ binary, path })),
    ),
    ...more,
  ]);
  const explicit = declared.some(({ binary }) => binary === '*');
  const unknown = explicit ? undefined : findUnknownEntrypoint(container, declared, found, note);
  const unlisted = uncertain.length === 0 ? undefined : placeWithoutImage(container, byImage);
  const implicitWildcard = unknown ?? unlisted;
  const list = new Set([...declared, ...entrypoints].map(({ binary }) => binary));
  noteOddPaths(declared, entrypoints, note);
  return {
    container,
    declared,
    entrypoints,
    byImage,
    uncertain,
    implicitWildcard,
    allowlist: explicit || implicitWildcard !== undefined ? undefined : list,
    monitored: unknown === undefined && unlisted !== undefined ? list : undefined,
  };
}

function findUnknownEntrypoint(
  container: Container,
  declared: readonly BinaryRequest[],
  { byImage, unknown }: Entrypoints,
  note: Note,
): Path | undefined {
  const isOfImage = [...byImage, ...unknown].some(({ action }) => action.isOfImage);
  if (container.command === undefined && declared.length === 0 && !isOfImage) {
    note('ImplicitWildcard', container.path, withoutEntrypoint(container));
    return container.path;
  }
  let wildcard: Path | undefined;
  for (const { action, why } of unknown) {
    const { binary, path } = action;
    // That it is not listed is told by another notice, as for an image of which nothing is known.
    if (action.isOfImage && declared.length > 0) continue;
    const named = hasVariable(binary)
      ? undefined
      : declared.find((entry) => baseName(entry.binary) === baseName(binary));
    if (named !== undefined) {
      note(
        'EntrypointMatchedByName',
        path,
        `The entrypoint ${shownWord(binary)} is looked up when it starts; ${named.binary} in allowedBinaries is taken to be it.`,
      );
      continue;
    }
    note(
      'UnresolvableEntrypoint',
      path,
      `The entrypoint ${shownWord(binary)} ${why}, so no allowlist can name it, and any binary may run. Write its absolute path, or list it in allowedBinaries.`,
    );
    wildcard ??= action.isOfImage ? container.path : path;
  }
  return wildcard;
}

/** The place of the value because of which an entrypoint would be unknown without the config of the image. */
function placeWithoutImage(
  { command, path }: Container,
  [first]: readonly ImageEntrypoint[],
): Path | undefined {
  return command === undefined ? path : first?.action.path;
}

function withoutEntrypoint({ name, isAdded, knownImage }: Container): string {
  if (isAdded === true && knownImage === undefined)
    return `The operator adds the container ${name} to the pods, which runs the entrypoint of its image. That is unknown, so any binary may run.`;
  return knownImage === undefined
    ? 'No command and no allowedBinaries: the entrypoint of the image is unknown, so any binary may run.'
    : `No command, no args and no allowedBinaries, and by its config the image ${knownImage.name} has neither ENTRYPOINT nor CMD: the container cannot start, and any binary may run.`;
}

function noteOddPaths(
  declared: readonly BinaryRequest[],
  entrypoints: readonly BinaryRequest[],
  note: Note,
): void {
  for (const { binary, path } of declared) {
    if (binary !== '*' && /[*?]/.test(binary)) {
      note(
        'LiteralGlob',
        path,
        `The kernel compares ${JSON.stringify(binary)} literally: * and ? match nothing but themselves.`,
      );
    }
  }
  for (const { binary, path } of [...declared, ...entrypoints]) {
    if (isLongerThan(binary, LONG_PATH_BYTES)) {
      note(
        'LongPath',
        path,
        `A path of ${pathBytes(binary)} bytes is matched on kernel 5.11 and later only.`,
      );
    }
  }
}

function distinct(requests: readonly BinaryRequest[]): BinaryRequest[] {
  const seen = new Set<string>();
  return requests.filter(({ binary }) => !seen.has(binary) && seen.add(binary));
}

/**
 * The binaries as a compilation takes them. With `mode=monitor` nothing is killed, so a container has a list there as
 * soon as its entrypoints are known.
 */
export function binariesIn(
  mode: CompileOptions['mode'],
  binaries: readonly ContainerBinaries[],
): readonly ContainerBinaries[] {
  if (mode !== 'monitor') return binaries;
  return binaries.map((each) => ({ ...each, allowlist: each.allowlist ?? each.monitored }));
}

/** The sorted union of the allowlists of several containers; undefined when one of them may run any binary. */
export function unionAllowlist(binaries: readonly ContainerBinaries[]): string[] | undefined {
  const union = new Set<string>();
  for (const { allowlist } of binaries) {
    if (allowlist === undefined) return undefined;
    for (const binary of allowlist) union.add(binary);
  }
  return [...union].sort(compareText);
}
