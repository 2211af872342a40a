import { overrideCategory } from '../model/override.ts';
import { parseValue } from '../model/parse.ts';
import type { Path } from '../model/pointer.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import { asApiServerReads } from './api-server.ts';
import { tellsOfPods } from './container-shape.ts';
import { identify, MetadataSchema, type ObjectMeta } from './kubernetes/metadata.ts';
import { entries, member } from './mapping.ts';
import type { Report } from './report.ts';

/**
 * Kinds whose objects contain what looks like containers and make no pods: a CustomResourceDefinition describes
 * what objects look like, and PodMetrics are about containers that exist already.
 */
const HARMLESS = ['apiextensions.k8s.io/CustomResourceDefinition', 'metrics.k8s.io/PodMetrics'];

/**
 * The API group and the kind of an object, as `<group>/<kind>`. The group without a name is called `core`.
 *
 * @example
 * groupAndKind('argoproj.io/v1alpha1', 'Rollout'); // => 'argoproj.io/Rollout'
 * groupAndKind('v1', 'Pod'); // => 'core/Pod'
 */
export function groupAndKind(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? 'core' : apiVersion.slice(0, slash)}/${kind}`;
}

/**
 * The path of the first value that shows that an object of an unknown kind makes pods; undefined when none does.
 *
 * @example
 * const rollout = { spec: { template: { spec: { containers: [{ image: 'web:1' }] } } } };
 * findContainers('argoproj.io/v1alpha1', 'Rollout', rollout); // => ['spec', 'template', 'spec', 'containers']
 */
export function findContainers(apiVersion: string, kind: string, value: unknown): Path | undefined {
  return HARMLESS.includes(groupAndKind(apiVersion, kind)) ? undefined : findShape(value);
}

/** The path of the first value within another that has the shape of what makes pods; undefined when none has. */
export function findShape(value: unknown): Path | undefined {
  for (const [key, each] of entries(value)) {
    if (tellsOfPods(key, each)) return [key];
    const found = findShape(each);
    if (found !== undefined) return [key, ...found];
  }
  return undefined;
}

/** An object of an unknown kind. */
interface UnknownObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: unknown;
}

/** Where an object shows that it makes pods, and whether its items do so, which kubectl would apply in its place. */
interface Found {
  readonly path: Path;
  readonly inItems: boolean;
}

/**
 * Reads an object of an unknown kind that makes pods. What its containers may do cannot be judged, so the workload
 * asks for one override: to pass as a whole.
 */
export function readUnknownKind(
  report: Report,
  { apiVersion, kind, value }: UnknownObject,
  found: Found,
  namespace: string | undefined,
): Workload[] {
  const what = groupAndKind(apiVersion, kind);
  const id = `unjudgedWorkload:${what}`;
  if (overrideCategory(id) === undefined) {
    report.fault(['kind'], 'Expected the apiVersion and the kind of a Kubernetes object.');
    return [];
  }
  const metadata = readMetadata(report, value);
  const identity = metadata && identify(report, metadata, namespace);
  if (identity === undefined) return [];
  report.service = workloadId(identity);
  const why = found.inItems
    ? `The items of this ${apiVersion} ${kind} hold a workload, which kubectl would apply in place of the object`
    : `This ${apiVersion} ${kind} tells that it makes pods, but we do not know its kind`;
  report.note(
    'UnknownWorkload',
    found.path,
    `${why}: nothing in it is enforced, and it passes only as a whole, by a permit for ${id}.`,
  );
  const [group = '', name = ''] = what.split('/');
  return [
    {
      // The dot keeps it apart from the kinds that we know.
      kind: `${name}.${group}`.toLowerCase(),
      dialect: 'kubernetes',
      ...identity,
      suffix: '',
      labels: metadata?.labels ?? {},
      podSelector: undefined,
      podLabels: {},
      podAnnotations: {},
      podMetadata: undefined,
      template: undefined,
      containers: [],
      pod: [],
      asks: [{ id, path: report.absolute(found.path) }],
      unenforced: 'unknown-kind',
      controller: undefined,
      source: report.source,
    },
  ];
}

function readMetadata(report: Report, value: unknown): ObjectMeta | undefined {
  const metadata = member(asApiServerReads(value, []), 'metadata');
  const parsed = parseValue(MetadataSchema, metadata ?? {});
  if (parsed.ok) return parsed.data;
  for (const { path, message } of parsed.issues) report.fault(['metadata', ...path], message);
  return undefined;
}
