import { canonicalCapability, droppedCapability } from '../model/capabilities.ts';
import type { Path } from '../model/pointer.ts';
import type { Report } from './report.ts';

/**
 * Notes the capabilities that a container means to drop and that the container runtimes do not all drop. containerd puts
 * `CAP_` before each name of the list, so it takes `CAP_NET_RAW` for a capability that does not exist, and drops nothing;
 * CRI-O drops it. `ALL` is `ALL` to both, and `CAP_ALL` to neither: with it, CRI-O starts no container.
 *
 * @param at The path of the list from the root of the object.
 */
export function noteUndropped(
  report: Report,
  at: Path,
  container: string,
  names: readonly string[] | null | undefined,
): void {
  const dropped = new Set((names ?? []).flatMap((name) => droppedCapability(name) ?? []));
  if (dropped.has('ALL')) return;
  for (const [index, name] of (names ?? []).entries()) {
    const meant = canonicalCapability(name);
    if (meant === undefined || dropped.has(meant)) continue;
    const runtimes =
      meant === 'ALL'
        ? 'containerd drops nothing by this name, and CRI-O does not start the container'
        : 'containerd drops nothing by this name, though CRI-O does';
    report.note(
      'CapabilityNotDropped',
      [...at, index],
      `The capability ${name} counts as not dropped: ${runtimes}. Write ${meant}.`,
      container,
    );
    dropped.add(meant);
  }
}
