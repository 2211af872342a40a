import { findProgram, imageCommand } from '../../model/container-start.ts';
import { withoutEnd } from '../../model/paths.ts';
import type { Path } from '../../model/pointer.ts';
import type { Container } from '../../model/workload.ts';
import { entries, member } from '../mapping.ts';
import type { Report } from '../report.ts';

/** The kinds of volumes that no container can write to, however they are mounted. */
const READ_ONLY_VOLUMES = ['configMap', 'secret', 'downwardAPI', 'projected', 'image'];

/** A place in the filesystem of a container where a volume is mounted that it may write to. */
interface WritableMount {
  readonly container: unknown;
  /** Where it is mounted, without a slash at the end. */
  readonly mountPath: string;
  /** The place of the mount, from the root of its object. */
  readonly path: Path;
}

/** The volumes that containers may write to. `spec` is the pod's as it stands in the document, and `at` its place. */
function writableMountsOf(spec: unknown, at: Path): WritableMount[] {
  // A volume that is not in the pod is made of a claim of its StatefulSet.
  const readOnly = new Set(
    entries(member(spec, 'volumes'))
      .filter(([, volume]) => READ_ONLY_VOLUMES.some((kind) => member(volume, kind) != null))
      .map(([, volume]) => member(volume, 'name')),
  );
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((group) =>
    entries(member(spec, group)).flatMap(([index, input]) =>
      entries(member(input, 'volumeMounts')).flatMap(([position, mount]) => {
        const path = member(mount, 'mountPath');
        if (typeof path !== 'string' || member(mount, 'readOnly') === true) return [];
        if (readOnly.has(member(mount, 'name'))) return [];
        return [
          {
            container: member(input, 'name'),
            mountPath: withoutEnd(path, '/'),
            path: [...at, group, index, 'volumeMounts', position],
          },
        ];
      }),
    ),
  );
}

/** The containers with the directories in which they may write, though their root filesystem is read-only. */
export function withWritableMounts(spec: unknown, containers: readonly Container[]): Container[] {
  const mounts = writableMountsOf(spec, []);
  return containers.map((container) => ({
    ...container,
    writableMounts: mounts
      .filter((mount) => mount.container === container.name)
      .map(({ mountPath }) => mountPath),
  }));
}

/**
 * Warns of allowed binaries that lie in a volume which their container may write to. An allowlist compares paths,
 * so whoever can replace the file can run anything.
 *
 * @param spec The pod's spec as it stands in the document.
 * @param at Its path from the root of its object.
 * @param containers The containers that were read from it.
 */
export function noteWritableBinaries(
  report: Report,
  spec: unknown,
  at: Path,
  containers: readonly Container[],
): void {
  for (const mount of writableMountsOf(spec, at)) {
    const container = containers.find(({ name }) => name === mount.container);
    const binaries = container === undefined ? [] : binariesOf(container);
    const found = [
      ...new Set(
        binaries.filter((binary) => binary === mount.mountPath || binary.startsWith(`${mount.mountPath}/`)),
      ),
    ];
    const [first] = found;
    if (first === undefined) continue;
    report.note(
      'WritableAllowlist',
      mount.path,
      `${JSON.stringify(first)}${found.length === 1 ? '' : ` and ${found.length - 1} more`} may run and lies in a volume that the container may write to: whoever can write there can put another program in its place. Mount the volume with readOnly: true, or keep the binary in the image.`,
      container?.name,
    );
  }
}

/** The binaries that a container lists, and the files that it may start with. */
function binariesOf(container: Container): string[] {
  const listed = container.security.allowedBinaries ?? [];
  const word = container.command ?? imageCommand(container)?.words[0];
  if (word === undefined) return [...listed];
  return [...listed, ...(findProgram(container, word).paths ?? [word])];
}
