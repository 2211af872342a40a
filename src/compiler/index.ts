/**
 * The public entry of the compiler, which turns the text of Kubernetes and Lattice objects into Tetragon policies. It is
 * pure: it does no I/O, uses no clock or randomness, and remembers nothing between calls. A program that embeds the
 * compiler imports this module.
 *
 * The compiler makes no decisions. Its caller must have every override that {@link securityOverrides} lists permitted
 * before it calls {@link compile}.
 *
 * @example
 * const text = `
 * apiVersion: v1
 * kind: Pod
 * metadata: {name: web, namespace: shop, labels: {app: web}}
 * spec:
 *   containers:
 *     - {name: web, image: web:1, command: [/bin/web], securityContext: {runAsNonRoot: true, runAsUser: 0}}
 * `;
 * const parsed = parseDocuments(text, 'yaml');
 * const read = readWorkloads(parsed.ok ? parsed.documents : []);
 * const [workload] = read.ok ? read.workloads : [];
 * securityOverrides(workload, { authorizeEntrypoints: false }).map(({ id }) => id); // => ['runAsRoot']
 * const { manifests } = compile(workload, DEFAULT_OPTIONS);
 * manifests.map(({ metadata }) => metadata.name); // => ['allow-binaries-web--pod', 'block-setuid-web--pod', 'block-capset-web--pod']
 * manifestYaml(manifests).startsWith('---\napiVersion: cilium.io/v1alpha1\n'); // => true
 *
 * @module
 */
import { about, withoutOwned } from './derive/owned.ts';
import { OWN_POLICY_NAMES } from './emit/generated-policies.ts';
import type { Fault } from './model/faults.ts';
import { LIMITS } from './model/limits.ts';
import type { Notice } from './model/notices.ts';
import type { Workload } from './model/workload.ts';
import type { SourceDocument } from './read/documents/source-document.ts';
import { expandList, type SourceObject } from './read/lists.ts';
import { type ReadOptions, readObjects } from './read/read-objects.ts';

export { type ImageAssumption, imageAssumptions } from './derive/image-assumptions.ts';
export { securityOverrides } from './derive/overrides.ts';
export { type Compiled, compile } from './emit/compile.ts';
export { GENERATED_POLICIES } from './emit/generated-policies.ts';
export { manifestYaml } from './emit/manifest-yaml.ts';
export { BaselineOptionsSchema } from './emit/policies/baseline/baseline-options.ts';
export { baseline } from './emit/policies/baseline.ts';
export { type Manifest, ManifestSchema } from './emit/tracing-policy.ts';
export type { Fault } from './model/faults.ts';
export type { KnownImage } from './model/image.ts';
export { LIMITS } from './model/limits.ts';
export { NOTICE_CODES, type Notice } from './model/notices.ts';
export { type CompileOptions, CompileOptionsSchema, DEFAULT_OPTIONS } from './model/options.ts';
export type { SecurityOverride } from './model/override.ts';
export type { Workload } from './model/workload.ts';
export { parseDocuments } from './read/documents.ts';
export { type ImageSource, type ReadImages, readImages } from './read/images/read-images.ts';
export type { ReadOptions } from './read/read-objects.ts';
export { KIND_NAMES } from './read/readers.ts';

/** The workloads of a body with notices about them, or all faults of the body. */
export type ReadWorkloads =
  | {
      readonly ok: true;
      readonly workloads: readonly Workload[];
      readonly notices: readonly Notice[];
      /** Whether other kinds of workloads, if they were known, could make known more workloads in the body. */
      readonly mayHoldMore: boolean;
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Reads the workloads of a body. Objects of other kinds pass with a notice, and the items of a List are read like
 * documents.
 *
 * @param documents The documents that {@link parseDocuments} reads from a text.
 * @returns The workloads with notices for their authors, or all faults. Each has the document and the path of the value
 *   that it is about.
 *
 * @example
 * const parsed = parseDocuments('{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}', 'yaml');
 * const read = readWorkloads(parsed.ok ? parsed.documents : []);
 * read.ok && read.notices.map(({ code }) => code); // => ['PassedThrough']
 */
export function readWorkloads(
  documents: readonly SourceDocument[],
  options: ReadOptions = {},
): ReadWorkloads {
  const objects = documents.map(({ index, value }) => ({ value, source: { document: index, path: [] } }));
  return readAllWorkloads(objects, options);
}

/**
 * Reads the workloads of a body whose objects are already parsed, as {@link readWorkloads} does for documents.
 *
 * @param objects The objects, each with the document and path that notices and faults are to name.
 *
 * @example
 * const read = readAllWorkloads([]);
 * read.ok ? [] : read.faults.map(({ message }) => message.split('.')[0]); // => ['There is no service in the body']
 */
export function readAllWorkloads(objects: readonly SourceObject[], options: ReadOptions = {}): ReadWorkloads {
  const read = readWorkloadObjects(objects, { ...options, ownPolicyNames: OWN_POLICY_NAMES });
  if (objects.flatMap(expandList).length > 0) return read;
  return {
    ok: false,
    faults: [
      {
        document: 0,
        path: [],
        message: 'There is no service in the body. Expected a LatticeService or a Kubernetes workload.',
      },
    ],
  };
}

/**
 * Reads the workloads among objects that are already parsed, as {@link readWorkloads} does for documents. No workload at
 * all is not a fault here.
 *
 * @param objects The objects, each with the document and path that notices and faults are to name.
 *
 * @example
 * const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: {} };
 * const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
 * read.ok ? [] : read.faults.map(({ path }) => path.join('/')); // => ['spec/containers']
 */
export function readWorkloadObjects(
  objects: readonly SourceObject[],
  options: ReadOptions = {},
): ReadWorkloads {
  const { workloads, notices, passed, mayHoldMore, faults } = readObjects(objects, options);
  if (faults.length > 0) return { ok: false, faults };
  const judged = withoutOwned(workloads);
  const tooMany = countFaults(judged.workloads);
  if (tooMany.length > 0) return { ok: false, faults: tooMany };
  return {
    ok: true,
    workloads: judged.workloads,
    notices: [...notices.filter(about(workloads, judged.workloads)), ...judged.notices, ...passed],
    mayHoldMore,
  };
}

function countFaults(workloads: readonly Workload[]): Fault[] {
  const faults: Fault[] = [];
  const tooMany = (what: string, limit: number, count: number): void => {
    if (count <= limit) return;
    const message = `At most ${limit} ${what} are taken at once; there are ${count}.`;
    faults.push({ document: 0, path: [], message });
  };
  tooMany('services', LIMITS.services, workloads.length);
  const containers = workloads.reduce((sum, workload) => sum + workload.containers.length, 0);
  tooMany('containers', LIMITS.containersInAll, containers);
  return faults;
}
