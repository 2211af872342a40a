import type { Notice, NoticeCode } from '../model/notices.ts';
import { compareText } from '../model/ordered.ts';
import { baseName, isLongerThan, pathBytes } from '../model/paths.ts';
import type { Path } from '../model/pointer.ts';
import { type Container, securityPlace, type Workload, workloadId } from '../model/workload.ts';

/** One binary that a container is to run, and the place of the value that names it. */
export interface BinaryRequest {
  readonly binary: string;
  readonly path: Path;
}

/** The binaries that a container may execute. */
export interface ContainerBinaries {
  readonly container: Container;
  /** The distinct entries of allowedBinaries, `*` included. */
  readonly declared: readonly BinaryRequest[];
  /** The distinct entrypoints with an absolute path: `command[0]`, exec probes and backup hooks. */
  readonly entrypoints: readonly BinaryRequest[];
  /** The place of the value because of which an entrypoint is unknown; undefined when all are known. */
  readonly implicitWildcard: Path | undefined;
  /** The paths of all binaries that may run, or undefined when any binary may. */
  readonly allowlist: ReadonlySet<string> | undefined;
}

/** The longest path, in bytes, that Tetragon matches on kernels before 5.11. */
const LONG_PATH_BYTES = 510;

/**
 * The binaries that each container may execute (specification, "allowedBinaries behavior"): those in allowedBinaries,
 * and those in `command[0]`, exec probes and backup hooks. A container with an unknown entrypoint may execute any
 * binary. Arguments and other kinds of probes are not read.
 */
export function containerBinaries(workload: Workload): WorkloadBinaries {
  const notices: Notice[] = [];
  const binaries = workload.containers.map((container) => {
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
    return readContainer(container, note);
  });
  return { binaries, notices };
}

/** The binaries of the containers of a workload, and notices about them for its author. */
interface WorkloadBinaries {
  readonly binaries: readonly ContainerBinaries[];
  readonly notices: readonly Notice[];
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
  const asked = [
    ...(container.command === undefined
      ? []
      : [{ binary: container.command, path: securityPlace(container, 'command', 0) }]),
    ...container.execProbes.map(({ binary, path }) => ({ binary, path })),
    ...container.backupHooks.map(({ binary, path }) => ({ binary, path })),
  ];
  const entrypoints = distinct(asked.filter(({ binary }) => isLiteralPath(binary)));
  const explicit = declared.some(({ binary }) => binary === '*');
  const implicitWildcard = explicit ? undefined : findUnknownEntrypoint(container, declared, asked, note);
  const allowlist =
    explicit || implicitWildcard !== undefined
      ? undefined
      : new Set([...declared, ...entrypoints].map(({ binary }) => binary));
  noteOddPaths(declared, entrypoints, note);
  return { container, declared, entrypoints, implicitWildcard, allowlist };
}

function findUnknownEntrypoint(
  container: Container,
  declared: readonly BinaryRequest[],
  asked: readonly BinaryRequest[],
  note: Note,
): Path | undefined {
  if (container.command === undefined && declared.length === 0) {
    note(
      'ImplicitWildcard',
      container.path,
      'No command and no allowedBinaries: the entrypoint of the image is unknown, so any binary may run.',
    );
    return container.path;
  }
  let unknown: Path | undefined;
  for (const { binary, path } of asked) {
    if (isLiteralPath(binary)) continue;
    const named = hasVariable(binary)
      ? undefined
      : declared.find((entry) => baseName(entry.binary) === baseName(binary));
    if (named !== undefined) {
      note(
        'EntrypointMatchedByName',
        path,
        `The entrypoint ${JSON.stringify(binary)} is looked up when it starts; ${named.binary} in allowedBinaries is taken to be it.`,
      );
      continue;
    }
    const why = hasVariable(binary)
      ? 'holds a variable'
      : 'is looked up through PATH or the working directory';
    note(
      'UnresolvableEntrypoint',
      path,
      `The entrypoint ${JSON.stringify(binary)} ${why}, so no allowlist can name it, and any binary may run. Write its absolute path, or list it in allowedBinaries.`,
    );
    unknown ??= path;
  }
  return unknown;
}

/**
 * Whether a path contains a variable: `$(NAME)`, which Kubernetes expands in a command, or `${…}`, which Lattice does. The
 * kernel sees only the result, so such a path cannot be compared.
 */
function hasVariable(binary: string): boolean {
  return /\$[({]/.test(binary);
}

function isLiteralPath(binary: string): boolean {
  return binary.startsWith('/') && !hasVariable(binary);
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

/** The sorted union of the allowlists of several containers; undefined when one of them may run any binary. */
export function unionAllowlist(binaries: readonly ContainerBinaries[]): string[] | undefined {
  const union = new Set<string>();
  for (const { allowlist } of binaries) {
    if (allowlist === undefined) return undefined;
    for (const binary of allowlist) union.add(binary);
  }
  return [...union].sort(compareText);
}
