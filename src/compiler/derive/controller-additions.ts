import type { NoticeCode } from '../model/notices.ts';
import type { CompileOptions } from '../model/options.ts';
import type { Path } from '../model/pointer.ts';
import type { Container, Workload } from '../model/workload.ts';
import type { ContainerBinaries } from './container-binaries.ts';

/** Adds a notice about a container. */
type Note = (code: NoticeCode, path: Path, message: string) => void;

/**
 * What a container may execute when its controller starts its command: the binaries of the controller join those of the
 * container. Where it starts the command by programs that nobody knows, any binary may run.
 *
 * @param index The position of the container among those of the workload.
 */
export function withController(
  { additions, containers }: Pick<Workload, 'additions' | 'containers'>,
  index: number,
  own: ContainerBinaries,
  note: Note,
): ContainerBinaries {
  const { container } = own;
  if (
    additions === undefined ||
    container.role === 'initContainer' ||
    container.role === 'ephemeralContainer'
  )
    return own;
  const { by, binaries = [], startsOthers } = additions;
  const isFirst = containers.findIndex(({ role }) => role === 'container') === index;
  if (startsOthers !== undefined && (startsOthers.first === undefined || isFirst)) {
    note(
      'ControllerStartsOthers',
      container.path,
      `In the container ${container.name} ${by} ${startsOthers.why}: no list can name all that runs there, so any binary may run.`,
    );
    return {
      ...own,
      implicitWildcard: own.implicitWildcard ?? container.path,
      allowlist: undefined,
      monitored: undefined,
    };
  }
  if (binaries.length === 0) return own;
  const missing = binaries
    .filter((binary) => own.entrypoints.every((each) => each.binary !== binary))
    .map((binary) => ({ binary, path: container.path }));
  return {
    ...own,
    entrypoints: [...own.entrypoints, ...missing],
    allowlist: own.allowlist && new Set([...own.allowlist, ...binaries]),
    monitored: own.monitored && new Set([...own.monitored, ...binaries]),
  };
}

/** A container of which nothing is known but that it has what the container runtime gives it. */
const NOTHING: Omit<Container, 'name' | 'path' | 'securityPath'> = {
  role: 'container',
  image: undefined,
  knownImage: undefined,
  command: undefined,
  words: [],
  args: [],
  workingDir: undefined,
  pathVariable: 'unset',
  execProbes: [],
  backupHooks: [],
  lifecycleBinaries: [],
  writableMounts: [],
  security: {
    allowedBinaries: undefined,
    readOnlyRootFilesystem: undefined,
    runAsNonRoot: undefined,
    runAsUser: undefined,
    runAsGroup: undefined,
    capabilitiesAdd: [],
    capabilitiesDrop: [],
    privileged: false,
    allowPrivilegeEscalation: false,
    seccompProfile: undefined,
    appArmorProfile: undefined,
  },
  asks: [],
  places: {},
};

/** What is known of the binaries of such a container. */
const NO_BINARIES = {
  declared: [],
  entrypoints: [],
  byImage: [],
  uncertain: [],
  allowlist: undefined,
  monitored: undefined,
} as const;

/**
 * Stands in the whole pod for the containers that a controller adds: of what they run and how they are secured nothing
 * is known. With it among them, no policy is made for the whole pod that could kill them.
 */
export function addedContainer(
  { additions, source }: Pick<Workload, 'additions' | 'source'>,
  unset: CompileOptions['unset'],
): ContainerBinaries | undefined {
  const [name] = additions?.containers ?? [];
  if (name === undefined) return undefined;
  const { path } = source;
  // With unset=restricted a field that is left out counts as asked for, which nobody knows of these containers.
  const gives = unset === 'restricted' ? false : undefined;
  const security = { ...NOTHING.security, readOnlyRootFilesystem: gives, runAsNonRoot: gives };
  const container = { ...NOTHING, name, security, path, securityPath: path };
  return { ...NO_BINARIES, container, implicitWildcard: path };
}
