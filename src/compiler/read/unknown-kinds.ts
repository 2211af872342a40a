import { overrideCategory } from '../model/override.ts';
import { parseValue } from '../model/parse.ts';
import type { Path } from '../model/pointer.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import { asApiServerReads } from './api-server.ts';
import { tellsOfPods } from './container-shape.ts';
import { isHarmless, isRendered } from './kinds/harmless-kinds.ts';
import { CLUSTER } from './kinds/kind-row.ts';
import type { KnownKinds } from './known-kinds.ts';
import { identify, MetadataSchema, type ObjectMeta } from './kubernetes/metadata.ts';
import { holdsManifest } from './manifest-text.ts';
import { entries, isMapping, member } from './mapping.ts';
import { opensNode } from './node-doors.ts';
import type { Report } from './report.ts';

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
 * @param kinds The kinds of workloads that are known.
 *
 * @example
 * const rollout = { spec: { template: { spec: { containers: [{ image: 'web:1' }] } } } };
 * const known = { readerOf: () => undefined, makesPods: () => false };
 * findContainers('example.org/v1', 'Rollout', rollout, known); // => ['spec', 'template', 'spec', 'containers']
 */
export function findContainers(
  apiVersion: string,
  kind: string,
  value: unknown,
  kinds: KnownKinds,
): Path | undefined {
  const name = groupAndKind(apiVersion, kind);
  if (isHarmless(name)) return undefined;
  if (isRendered(name)) return findWholePod(value, kinds);
  return findShape(value, !isBuiltIn(apiVersion), kinds);
}

/**
 * The path of the first value within another that has the shape of what makes pods; undefined when none has.
 *
 * @param inText Whether a text counts that is itself a manifest.
 */
export function findShape(value: unknown, inText: boolean, kinds: KnownKinds): Path | undefined {
  for (const [key, each] of entries(value)) {
    if (tellsOfPods(key, each) || opensNode(key, each)) return [key];
    if (inText && typeof each === 'string' && holdsManifest(each)) return [key];
    if (typeof each !== 'object') continue;
    const found = findShape(each, inText, kinds);
    if (found !== undefined) return [key, ...found];
    if (isEmbeddedWorkload(each, kinds)) return [key];
  }
  return undefined;
}

/** The path of the first value within another that is a whole workload, or a pod template with containers. */
function findWholePod(value: unknown, kinds: KnownKinds): Path | undefined {
  for (const [key, each] of entries(value)) {
    if (typeof each !== 'object') continue;
    const isTemplate = entries(member(member(each, 'spec'), 'containers')).length > 0;
    if (isTemplate || isEmbeddedWorkload(each, kinds)) return [key];
    const found = findWholePod(each, kinds);
    if (found !== undefined) return [key, ...found];
  }
  return undefined;
}

/** Whether a value within an object is a workload that the object's controller may create. A reference has no spec. */
function isEmbeddedWorkload(value: unknown, kinds: KnownKinds): boolean {
  const [apiVersion, kind] = [member(value, 'apiVersion'), member(value, 'kind')];
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return false;
  return (
    ['spec', 'template'].some((key) => isMapping(member(value, key))) && kinds.makesPods(apiVersion, kind)
  );
}

/** The API groups of Kubernetes itself. No controller of theirs makes an object of a text. */
const BUILT_IN_GROUPS = [
  'core',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
];

/** Whether an API group is one of Kubernetes itself. */
export function isBuiltIn(apiVersion: string): boolean {
  return BUILT_IN_GROUPS.includes(groupAndKind(apiVersion, '').slice(0, -1));
}

/** An object of an unknown kind. */
export interface UnknownObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: unknown;
}

/** Where an object shows that it makes pods, and how. */
export interface Found {
  readonly path: Path;
  /**
   * `shape`: something in it has the shape of a pod. `items`: its items hold a workload, which kubectl would apply in its
   * place. `version`: its kind is known in another version.
   */
  readonly by: 'shape' | 'items' | 'version';
}

const WHY: Readonly<Record<Found['by'], (what: string) => string>> = {
  shape: (what) => `This ${what} tells that it makes pods, but we do not know its kind`,
  items: (what) =>
    `The items of this ${what} hold a workload, which kubectl would apply in place of the object`,
  version: (what) => `A ${what} makes pods, but we do not know this version of its kind`,
};

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
  const identity = metadata && identify(report, metadata, namespace ?? CLUSTER);
  if (identity === undefined) return [];
  report.service = workloadId(identity);
  report.note(
    'UnknownWorkload',
    found.path,
    `${WHY[found.by](`${apiVersion} ${kind}`)}: nothing in it is enforced, and it passes only as a whole, by a permit for ${id}.`,
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
      additions: undefined,
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
