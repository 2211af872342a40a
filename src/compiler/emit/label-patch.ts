import { type Path, toPointer } from '../model/pointer.ts';
import type { Workload } from '../model/workload.ts';

/** One operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: string | Readonly<Record<string, unknown>>;
}

/** What adds labels to the pod template of an object, in two forms. */
export interface LabelPatch {
  readonly target: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
  };
  /** For the object as it was given. */
  readonly jsonPatch: readonly PatchOperation[];
  /** The part of the object that has the labels, for a strategic merge. */
  readonly merge: Readonly<Record<string, unknown>>;
}

/** What adds these labels to a workload's pods; undefined when its document has no template, or nothing is to add. */
export function labelPatch(
  { template, name, namespace }: Workload,
  labels: Readonly<Record<string, string>>,
): LabelPatch | undefined {
  if (template === undefined || Object.keys(labels).length === 0) return undefined;
  const { apiVersion, kind, metadata } = template;
  return {
    target: { apiVersion, kind, name, namespace },
    jsonPatch: operations(template, labels),
    merge: {
      apiVersion,
      kind,
      ...(metadata.length === 1
        ? { metadata: { name, labels } }
        : { metadata: { name }, ...nest(metadata, { labels }) }),
    },
  };
}

function operations(
  { metadata, hasMetadata, hasLabels }: NonNullable<Workload['template']>,
  labels: Readonly<Record<string, string>>,
): PatchOperation[] {
  if (!hasMetadata) return [{ op: 'add', path: toPointer(metadata), value: { labels } }];
  const at = [...metadata, 'labels'];
  if (!hasLabels) return [{ op: 'add', path: toPointer(at), value: labels }];
  return Object.entries(labels).map(([key, value]) => ({ op: 'add', path: toPointer([...at, key]), value }));
}

function nest(path: Path, value: unknown): Record<string, unknown> {
  const [first, ...rest] = path;
  return { [String(first)]: rest.length === 0 ? value : nest(rest, value) };
}
