/**
 * The compiler: from the text of Kubernetes and Lattice objects to Tetragon policies. It is pure (no I/O, no clock,
 * no randomness, nothing is remembered between calls), and stands alone: whoever embeds it imports this module.
 *
 * It does not decide anything. Whatever {@link securityOverrides} lists must have been permitted before
 * {@link compile} is called.
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

export { securityOverrides } from './derive/overrides.ts';
export { type Compiled, compile } from './emit/compile.ts';
export { GENERATED_POLICIES } from './emit/generated-policies.ts';
export { manifestYaml } from './emit/manifest-yaml.ts';
export { BaselineOptionsSchema, baseline } from './emit/policies/baseline.ts';
export { type Manifest, ManifestSchema } from './emit/tracing-policy.ts';
export type { Fault } from './model/faults.ts';
export { LIMITS } from './model/limits.ts';
export { NOTICE_CODES, type Notice } from './model/notices.ts';
export { type CompileOptions, CompileOptionsSchema, DEFAULT_OPTIONS } from './model/options.ts';
export type { SecurityOverride } from './model/override.ts';
export type { Workload } from './model/workload.ts';
export { parseDocuments } from './read/documents.ts';
export type { ReadOptions } from './read/read-objects.ts';
export { KIND_NAMES } from './read/readers.ts';

/** The workloads of a body, or everything that is wrong with it. */
export type ReadWorkloads =
  | { readonly ok: true; readonly workloads: readonly Workload[]; readonly notices: readonly Notice[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Reads the workloads of a body. Other objects pass, with a notice; Lists are read by their items.
 *
 * @param documents What {@link parseDocuments} makes of a text.
 * @returns The workloads and what their authors should know, or everything that is wrong, each fault with the
 *   document and the path of the value that it is about.
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
 * Reads the workloads among some objects, as {@link readWorkloads} does; there may be none.
 *
 * @param objects Objects that are in memory, each with the place where it was written.
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
  const { workloads, notices, passed, faults } = readObjects(objects, options);
  if (faults.length > 0) return { ok: false, faults };
  const judged = withoutOwned(workloads);
  const tooMany = countFaults(judged.workloads);
  if (tooMany.length > 0) return { ok: false, faults: tooMany };
  return {
    ok: true,
    workloads: judged.workloads,
    notices: [...notices.filter(about(workloads, judged.workloads)), ...judged.notices, ...passed],
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
