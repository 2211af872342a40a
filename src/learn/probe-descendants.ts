import type { SeenBinary } from './observation.ts';

/**
 * The paths of binaries that probes or hooks of the workload may have started by others. An event tells the parent of a
 * process and no further ancestor, so what a script of a probe runs looks like what runs from `kubectl exec`, unless a
 * binary that the probe has started is its parent.
 *
 * @param binaries The binaries of a container, by their paths.
 */
export function probeDescendants(binaries: ReadonlyMap<string, SeenBinary>): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  for (const { path, outsideParents } of binaries.values())
    for (const parent of outsideParents) {
      const known = children.get(parent) ?? [];
      known.push(path);
      children.set(parent, known);
    }
  const found = new Set<string>();
  const next = [...binaries.values()].filter(({ ofDeclared }) => ofDeclared).map(({ path }) => path);
  for (let parent = next.pop(); parent !== undefined; parent = next.pop()) {
    for (const child of children.get(parent) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      next.push(child);
    }
  }
  return found;
}
