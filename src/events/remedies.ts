import { allowedCapabilities, capabilitiesBeyond } from '../compiler/derive/posture.ts';
import { overrideCategory } from '../compiler/model/override.ts';
import type { Container, Workload } from '../compiler/model/workload.ts';
import type { Blocked } from './blocked.ts';
import type {
  BaselineAction,
  BinaryAction,
  CapabilityAction,
  IdentityAction,
  WriteAction,
} from './blocked-action.ts';
import { readableFile, unlistable } from './event-paths.ts';
import { writableDirectoryOf } from './writable-places.ts';

/** A change to a workload that a remedy needs. */
export type Needed =
  | { readonly kind: 'allowed-binary'; readonly binary: string }
  | { readonly kind: 'capability'; readonly capability: string }
  | { readonly kind: 'field'; readonly field: SecurityField; readonly value: boolean }
  | { readonly kind: 'mount'; readonly directory: string };

/** A boolean of a security context that a remedy sets. */
export type SecurityField = 'readOnlyRootFilesystem' | 'runAsNonRoot' | 'allowPrivilegeEscalation';

/** Something that ends the block. */
export interface Remedy {
  /** The override that a Cedar policy must permit; undefined where the remedy needs none. */
  readonly override: string | undefined;
  /** What to do, in a sentence or two. */
  readonly words: string;
  /** The change to the workload; undefined where the remedy is none. */
  readonly needs: Needed | undefined;
}

/** What ends a block, the narrowest first, and why there is nothing more. */
export interface Remedies {
  readonly remedies: readonly Remedy[];
  /** Whole sentences. */
  readonly notes: readonly string[];
}

/** The workload of the request that the event is of, and its container. */
interface Subject {
  readonly workload: Workload | undefined;
  readonly container: Container | undefined;
}

/**
 * What ends a block. A remedy that is an override only says what to ask for: Cedar decides about it.
 *
 * @param subject The workload and the container that the event is of; undefined where the request has none of them.
 */
export function remediesOf({ action, confined }: Blocked, subject: Subject): Remedies {
  switch (action.kind) {
    case 'binary':
      return ofBinary(action, subject);
    case 'rootfs-write':
      return ofWrite(action, confined, subject);
    case 'identity':
      return ofIdentity(action, confined);
    case 'capability':
      return ofCapabilities(action, confined, subject);
    case 'baseline':
      return ofBaseline(action);
  }
}

function ofBinary({ resolved, requested, deleted }: BinaryAction, { container }: Subject): Remedies {
  if (deleted) {
    return {
      remedies: [],
      notes: [
        'The file is in no directory: it is a memfd, or was deleted. No override permits it, because no path names it; only a container without an allowlist (allowedBinary:*) can run such a file. Run the program from a file of the image.',
      ],
    };
  }
  const paths = [...new Set([resolved, requested])].filter((path) => path !== undefined);
  const listable = paths.filter((path) => unlistable(path) === undefined);
  const notes = paths.flatMap((path) => {
    const problem = path === requested && listable.length > 0 ? undefined : unlistable(path);
    return problem === undefined ? [] : [`A path that ${problem} cannot be listed.`];
  });
  if (resolved === undefined)
    notes.push(
      'The agent could not read the whole path of the file, as with a path of more than 4,096 bytes.',
    );
  const mounts = container?.writableMounts ?? [];
  const writable = listable.find((path) => writableDirectoryOf(path, mounts) !== undefined);
  if (writable !== undefined)
    notes.push(
      `${readableFile(writable)} is in a place that processes may write to: whoever can write there decides what runs under this name.`,
    );
  if (listable.length > 1)
    notes.push(
      'The first path is that of the file, and the second is the one that was passed to execve. Either is enough, except with pathMatching=resolved, where only the first counts.',
    );
  return {
    remedies: listable.map((binary) => ({
      override: `allowedBinary:${binary}`,
      words: `List ${readableFile(binary)} in allowedBinaries.`,
      needs: { kind: 'allowed-binary', binary },
    })),
    notes,
  };
}

/** Directories whose files every container needs, which a mount would hide. */
const SYSTEM = ['/', '/bin', '/boot', '/dev', '/etc', '/lib', '/lib64', '/proc', '/sbin', '/sys', '/usr'];

function ofWrite(
  { what, path }: WriteAction,
  confined: boolean | undefined,
  { container }: Subject,
): Remedies {
  const relaxed: Remedy = {
    override: 'readWriteRootFilesystem',
    words: `Set readOnlyRootFilesystem: false, which makes the whole root filesystem writable${wholePod(confined)}.`,
    needs: { kind: 'field', field: 'readOnlyRootFilesystem', value: false },
  };
  if (path === undefined || unlistable(path) !== undefined) {
    const why =
      path === undefined ? 'The event does not say which file it was.' : 'The path cannot be written down.';
    return {
      remedies: [relaxed],
      notes: [`${why} Where it is known, an emptyDir volume at its directory is narrower than any override.`],
    };
  }
  const directory = what === 'mkdir' ? path : path.slice(0, path.lastIndexOf('/')) || '/';
  if (SYSTEM.includes(directory)) {
    return {
      remedies: [relaxed],
      notes: [
        `A volume at ${directory} would hide the files that the image has there. Have the program write to a directory of its own, such as one below /tmp, and mount an emptyDir there.`,
      ],
    };
  }
  const mounted = container?.writableMounts.some((mount) => `${path}/`.startsWith(`${mount}/`)) === true;
  return {
    remedies: [
      {
        override: undefined,
        words: `Mount an emptyDir volume at ${readableFile(directory)}. It hides what the image has in this directory.`,
        needs: { kind: 'mount', directory },
      },
      relaxed,
    ],
    notes: mounted
      ? [
          'The workload of the request mounts a volume there already: the pod was made of an earlier form of it.',
        ]
      : [],
  };
}

function ofIdentity({ what, id }: IdentityAction, confined: boolean | undefined): Remedies {
  const relaxed: Remedy = {
    override: 'runAsRoot',
    words: `Set runAsNonRoot: false, which lets processes become root and take group 0${wholePod(confined)}.`,
    needs: { kind: 'field', field: 'runAsNonRoot', value: false },
  };
  if (what !== 'setid-program') return { remedies: [relaxed], notes: [] };
  const ends: Remedy = {
    override: undefined,
    words: `Set allowPrivilegeEscalation: false. The kernel then runs the program without its ${id === 'user' ? 'setuid' : 'setgid'} bit, and nothing is blocked.`,
    needs: { kind: 'field', field: 'allowPrivilegeEscalation', value: false },
  };
  return { remedies: [ends, relaxed], notes: [] };
}

function ofCapabilities(
  { capabilities, how }: CapabilityAction,
  confined: boolean | undefined,
  { workload, container }: Subject,
): Remedies {
  if (how === 'file') {
    return {
      remedies: [],
      notes: [
        'The event does not say which capabilities the file of the program has: getcap prints them. Ask for each that the program needs as capability:NAME, or set allowPrivilegeEscalation: false, with which the kernel gives it none.',
      ],
    };
  }
  const beyond =
    workload === undefined
      ? undefined
      : beyondAllowed(capabilities, workload, confined === true ? container : undefined);
  const asked = (beyond ?? capabilities).filter(
    (name) => overrideCategory(`capability:${name}`) !== undefined,
  );
  return {
    remedies: asked.map((capability) => ({
      override: `capability:${capability}`,
      words: `Add ${capability} to the capabilities.`,
      needs: { kind: 'capability', capability },
    })),
    notes: [
      ...(beyond === undefined
        ? [
            'These are all capabilities that the process asked for. Which of them the pod may hold already is not in the event: send the workload too.',
          ]
        : []),
      ...(asked.length === 0 ? ['The process asked for no capability that can be asked for.'] : []),
    ],
  };
}

/**
 * The capabilities that the containers may not hold. Whether a list that is left out counts as dropping all depends on
 * the option `unset`, which the event does not tell; but something was beyond what is allowed.
 */
function beyondAllowed(
  capabilities: readonly string[],
  { containers }: Workload,
  only: Container | undefined,
): readonly string[] {
  const group = only === undefined ? containers : [only];
  for (const unset of ['declared', 'restricted'] as const) {
    const beyond = capabilitiesBeyond(capabilities, allowedCapabilities(group, unset));
    if (beyond.length > 0) return beyond;
  }
  return [];
}

function ofBaseline({ tier }: BaselineAction): Remedies {
  return {
    remedies: [],
    notes: [
      `No override lifts the cluster baseline, and no policy set decides about it. Leave the tier ${tier} out of the option tiers, or add the namespace to excludedNamespaces: either weakens it for more than this workload.`,
    ],
  };
}

function wholePod(confined: boolean | undefined): string {
  return confined === false ? ', and takes the policy from every container of the pod' : '';
}
