import { canonicalHostPath } from '../../model/host-path.ts';
import type { Path } from '../../model/pointer.ts';
import type { DirectOverride } from '../../model/workload.ts';
import { entries, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { CONTAINER_GROUPS } from './pod-spec.ts';
import { isWindowsPod } from './windows.ts';

/**
 * What may be at a path for a read-only mount to keep the pod from changing anything. The kubelet makes what is absent of
 * a type …OrCreate, and sockets and devices are written to through a read-only mount.
 */
const UNCHANGED_TYPES: readonly unknown[] = [undefined, null, '', 'Directory', 'File'];

/** A path of the node, as the volumes of one pod use it. */
interface NodePath {
  /** The place of the first volume that names it, from the root of the object. */
  readonly place: Path;
  /** Whether the types of its volumes let a read-only mount keep it as it is. */
  readonly unchanged: boolean;
  /** Whether each mount so far is read-only; undefined when there is none. */
  readonly readOnly: boolean | undefined;
}

/** The overrides that a pod asks for by its volumes of the node, one for each path. `at` is the place of the spec. */
export function hostPathAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  const mounts = mountedReadOnly(spec);
  const windows = isWindowsPod(spec);
  const paths = new Map<string, NodePath>();
  for (const [index, volume] of entries(member(spec, 'volumes'))) {
    const hostPath = member(volume, 'hostPath');
    const written = member(hostPath, 'path');
    if (typeof written !== 'string') continue;
    const place = [...at, 'volumes', index, 'hostPath', 'path'];
    const found = canonicalHostPath(written, windows);
    if ('problem' in found) {
      report.fault(place, `The path ${JSON.stringify(written.slice(0, 200))} ${found.problem}.`);
      continue;
    }
    const known = paths.get(found.path);
    paths.set(found.path, {
      place: known?.place ?? place,
      unchanged: known?.unchanged !== false && UNCHANGED_TYPES.includes(member(hostPath, 'type')),
      readOnly: both(known?.readOnly, mounts.get(member(volume, 'name'))),
    });
  }
  return [...paths].map(([path, { place, unchanged, readOnly }]) => ({
    id: `hostPath:${path}`,
    path: report.absolute(place),
    readOnly: unchanged && readOnly === true,
  }));
}

/** Whether each volume is only read by the containers that mount it, by its name. */
function mountedReadOnly(spec: unknown): ReadonlyMap<unknown, boolean> {
  const mounts = new Map<unknown, boolean>();
  for (const group of CONTAINER_GROUPS) {
    for (const [, container] of entries(member(spec, group))) {
      for (const [, mount] of entries(member(container, 'volumeMounts'))) {
        const name = member(mount, 'name');
        mounts.set(name, mounts.get(name) !== false && onlyReads(mount));
      }
    }
  }
  return mounts;
}

/** Whether a mount writes nothing. The kubelet makes the directory of a subPath, however it is mounted. */
function onlyReads(mount: unknown): boolean {
  const subPaths = [member(mount, 'subPath'), member(mount, 'subPathExpr')];
  return member(mount, 'readOnly') === true && subPaths.every((path) => path == null || path === '');
}

function both(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one && other;
}
