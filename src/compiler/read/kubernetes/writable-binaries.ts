import type { Path } from '../../model/pointer.ts';
import type { Container } from '../../model/workload.ts';
import { entries, member } from '../mapping.ts';
import type { Report } from '../report.ts';

/** The kinds of volumes that no container can write to, however they are mounted. */
const READ_ONLY_VOLUMES = ['configMap', 'secret', 'downwardAPI', 'projected', 'image'];

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
  const writable = new Set(
    entries(member(spec, 'volumes'))
      .filter(([, volume]) => READ_ONLY_VOLUMES.every((kind) => member(volume, kind) == null))
      .map(([, volume]) => member(volume, 'name')),
  );
  for (const group of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const [index, input] of entries(member(spec, group))) {
      const container = containers.find(({ name }) => name === member(input, 'name'));
      const { command, security } = container ?? {};
      const binaries = [...(security?.allowedBinaries ?? []), ...(command === undefined ? [] : [command])];
      for (const [position, mount] of entries(member(input, 'volumeMounts'))) {
        const path = member(mount, 'mountPath');
        if (typeof path !== 'string' || member(mount, 'readOnly') === true) continue;
        if (!writable.has(member(mount, 'name'))) continue;
        const inside = `${path.replace(/\/+$/, '')}/`;
        const found = [...new Set(binaries.filter((binary) => binary.startsWith(inside)))];
        const [first] = found;
        if (first === undefined) continue;
        report.note(
          'WritableAllowlist',
          [...at, group, index, 'volumeMounts', position],
          `${JSON.stringify(first)}${found.length === 1 ? '' : ` and ${found.length - 1} more`} may run and lies in a volume that the container may write to: whoever can write there can put another program in its place. Mount the volume with readOnly: true, or keep the binary in the image.`,
          container?.name,
        );
      }
    }
  }
}
