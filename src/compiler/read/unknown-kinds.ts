import { overrideCategory } from '../model/override.ts';
import { parseValue } from '../model/parse.ts';
import type { Path } from '../model/pointer.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import { asApiServerReads } from './api-server.ts';
import { tellsOfPods } from './container-shape.ts';
import { identify, MetadataSchema } from './kubernetes/metadata.ts';
import { entries, member } from './mapping.ts';
import type { Report } from './report.ts';

/**
 * Kinds that hold the shape of containers and make no pods of it: a schema says what such objects look like,
 * and metrics tell of containers that there are.
 */
const HARMLESS = ['apiextensions.k8s.io/CustomResourceDefinition', 'metrics.k8s.io/PodMetrics'];

/** An object by its API group and kind, with `core` for the group that has no name. */
export function groupAndKind(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? 'core' : apiVersion.slice(0, slash)}/${kind}`;
}

/** Where an object of an unknown kind tells that it makes pods. Undefined when it does not. */
export function findContainers(apiVersion: string, kind: string, value: unknown): Path | undefined {
  return HARMLESS.includes(groupAndKind(apiVersion, kind)) ? undefined : search(value, []);
}

function search(value: unknown, path: Path): Path | undefined {
  for (const [key, each] of entries(value)) {
    if (tellsOfPods(key, each)) return [...path, key];
    const found = search(each, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Reads an object of a kind that we do not know and that holds containers: what they may do nobody can judge,
 * so it asks to pass as a whole.
 */
export function readUnknownKind(
  report: Report,
  {
    apiVersion,
    kind,
    value,
  }: { readonly apiVersion: string; readonly kind: string; readonly value: unknown },
  containers: Path,
  namespace: string | undefined,
): Workload[] {
  const what = groupAndKind(apiVersion, kind);
  const id = `unjudgedWorkload:${what}`;
  if (overrideCategory(id) === undefined) {
    report.fault(['kind'], 'Expected the apiVersion and the kind of a Kubernetes object.');
    return [];
  }
  const metadata = member(asApiServerReads(value, []), 'metadata');
  const parsed = parseValue(MetadataSchema, metadata ?? {});
  if (!parsed.ok) {
    for (const { path, message } of parsed.issues) report.fault(['metadata', ...path], message);
    return [];
  }
  const identity = identify(report, parsed.data, namespace);
  if (identity === undefined) return [];
  report.service = workloadId(identity);
  report.note(
    'UnknownWorkload',
    containers,
    `This ${apiVersion} ${kind} tells that it makes pods, but we do not know its kind: nothing in it is enforced, and it passes only as a whole, by a permit for ${id}.`,
  );
  const [group = '', name = ''] = what.split('/');
  return [
    {
      // A dot parts it from the kinds that we know.
      kind: `${name}.${group}`.toLowerCase(),
      dialect: 'kubernetes',
      ...identity,
      labels: parsed.data.labels ?? {},
      podSelector: undefined,
      podLabels: {},
      podAnnotations: {},
      template: undefined,
      containers: [],
      pod: [],
      asks: [{ id, path: report.absolute(containers) }],
      unenforced: 'unknown-kind',
      controller: undefined,
      source: report.source,
    },
  ];
}
