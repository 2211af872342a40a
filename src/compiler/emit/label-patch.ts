import { type Path, toPointer } from '../model/pointer.ts';
import type { Workload } from '../model/workload.ts';

/** One operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: string | Readonly<Record<string, unknown>>;
}

/** A change that adds labels to the pod template of an object, in two formats. */
export interface LabelPatch {
  readonly target: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
  };
  /** A JSON patch (RFC 6902) for the object as it was sent. */
  readonly jsonPatch: readonly PatchOperation[];
  /**
   * A strategic merge patch: the part of the object that contains the labels. Undefined for a template in a list, which
   * such a patch would replace as a whole.
   */
  readonly merge: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A change that adds labels to the pods of a workload. It is undefined when the object has no pod template, or when there
 * are no labels to add.
 */
export function labelPatch(
  { template, namespace }: Workload,
  labels: Readonly<Record<string, string>>,
): LabelPatch | undefined {
  if (template === undefined || Object.keys(labels).length === 0) return undefined;
  const { apiVersion, kind, name, metadata } = template;
  return {
    target: { apiVersion, kind, name, namespace },
    jsonPatch: operations(template, labels),
    merge: metadata.some((step) => typeof step === 'number')
      ? undefined
      : {
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
