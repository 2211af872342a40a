import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import type { SourceDocument } from './documents.ts';
import type { Fault, Notice } from './faults.ts';
import { isMapping } from './fields.ts';
import { NATIVE_READERS, NativeWorkloadSchema } from './kubernetes.ts';
import {
  LatticeJobSchema,
  LatticeModelSchema,
  LatticeServiceSchema,
  readJob,
  readModel,
  readService,
} from './lattice.ts';
import { LIMITS } from './limits.ts';
import type { Path } from './pointer.ts';
import { Report } from './report.ts';
import { type Source, type Workload, workloadId } from './workload.ts';

/** Anything that can be compiled. */
export const WorkloadSchema = z
  .union([LatticeServiceSchema, LatticeJobSchema, LatticeModelSchema, NativeWorkloadSchema])
  .meta({
    id: 'Workload',
    description: 'A Lattice service, job or model, or a Kubernetes workload.',
    examples: [
      {
        apiVersion: 'lattice.dev/v1alpha1',
        kind: 'LatticeService',
        metadata: { name: 'api-server', namespace: 'production' },
        spec: { workload: { containers: [{ name: 'app', image: 'api-server:latest' }] } },
      },
    ],
  });

/** The workloads of a body, or everything that is wrong with it. */
export type ReadWorkloads =
  | { readonly ok: true; readonly workloads: readonly Workload[]; readonly notices: readonly Notice[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** How a body is read. */
export interface ReadOptions {
  /** The namespace of Kubernetes workloads that name none, as with `kubectl --namespace`. */
  readonly namespace?: string | undefined;
}

type Reader = (report: Report, value: unknown, namespace: string | undefined) => Workload[];

const READERS: Readonly<Record<string, Reader>> = {
  'lattice.dev/v1alpha1 LatticeService': readService,
  'lattice.dev/v1alpha1 LatticeJob': readJob,
  'lattice.dev/v1alpha1 LatticeModel': readModel,
  ...NATIVE_READERS,
};

/** The apiVersion of each kind. */
const KINDS = new Map(
  Object.keys(READERS).map((key): [string, string] => {
    const [apiVersion = '', kind = ''] = key.split(' ');
    return [kind, apiVersion];
  }),
);

/** The kinds that are compiled, as [apiVersion, kind]. */
export const KIND_NAMES: readonly (readonly [string, string])[] = [...KINDS].map(([kind, apiVersion]) => [
  apiVersion,
  kind,
]);

/** Reads the workloads of a body. Other objects pass, with a notice; Lists are read by their items. */
export function readWorkloads(
  documents: readonly SourceDocument[],
  options: ReadOptions = {},
): ReadWorkloads {
  const objects = documents.map(({ index, value }) => ({ value, source: { document: index, path: [] } }));
  const read = readObjects(objects, options);
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

/** An object of a body, and where it stands. */
export interface SourceObject {
  readonly value: unknown;
  readonly source: Source;
}

/** Reads the workloads among some objects, as {@link readWorkloads} does; there may be none. */
export function readObjects(
  objects: readonly SourceObject[],
  { namespace }: ReadOptions = {},
): ReadWorkloads {
  const faults: Fault[] = [];
  const notices: Notice[] = [];
  const workloads: Workload[] = [];
  const passed = new Passed();
  const seen = new Map<string, string>();
  for (const { value, source } of objects.flatMap(expandList)) {
    const report = new Report(source, faults, notices);
    const identity = ObjectSchema.safeParse(value);
    if (!identity.success) {
      report.fault([], 'Expected a LatticeService or a Kubernetes object, with apiVersion and kind.');
      continue;
    }
    const { apiVersion, kind } = identity.data;
    const key = `${apiVersion} ${kind}`;
    const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
    if (read === undefined) {
      const problem = mistakenKind(apiVersion, kind);
      if (problem !== undefined) report.fault(['kind'], problem);
      else passed.add(report, key, value);
      continue;
    }
    for (const workload of read(report, value, namespace)) {
      const id = workloadId(workload);
      const twin = seen.get(id);
      // Two workloads of one name would overwrite each other's policies in the cluster.
      if (twin !== undefined) {
        report.fault(
          ['metadata', 'name'],
          `The ${workload.kind === 'service' ? 'service' : `name`} ${id} is in the body twice${twin === workload.kind ? '' : ` (${twin} and ${workload.kind}): their policies would have the same names`}.`,
        );
      }
      seen.set(id, workload.kind);
      workloads.push(workload);
    }
  }
  checkCounts(workloads, faults);
  return faults.length > 0
    ? { ok: false, faults }
    : { ok: true, workloads, notices: [...notices, ...passed.notices()] };
}

function checkCounts(workloads: readonly Workload[], faults: Fault[]): void {
  const tooMany = (what: string, limit: number, count: number): void => {
    if (count <= limit) return;
    const message = `At most ${limit} ${what} are taken at once; there are ${count}.`;
    faults.push({ document: 0, path: [], message });
  };
  tooMany('services', LIMITS.services, workloads.length);
  const containers = workloads.reduce((sum, workload) => sum + workload.containers.length, 0);
  tooMany('containers', LIMITS.containersInAll, containers);
}

const ObjectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string() });

const ListSchema = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('List'),
  items: z.array(z.unknown()),
});

function expandList(candidate: SourceObject): SourceObject[] {
  // Before the schema looks: saying all that is wrong with what is no list takes longer than reading it.
  if (!isMapping(candidate.value) || candidate.value.kind !== 'List') return [candidate];
  const list = ListSchema.safeParse(candidate.value);
  if (!list.success) return [candidate];
  const { document, path } = candidate.source;
  return list.data.items.map((value, index) => ({
    value,
    source: { document, path: [...path, 'items', index] },
  }));
}

/** The groups of the built-in workloads, whose other versions Kubernetes has ended. */
const BUILT_IN_GROUPS = ['', 'apps', 'batch', 'extensions', 'lattice.dev'];

/** Why an object that is no workload must not pass: it was meant to be one. */
function mistakenKind(apiVersion: string, kind: string): string | undefined {
  const shown = JSON.stringify(kind.slice(0, 100));
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const expected = KINDS.get(kind);
  if (expected !== undefined && BUILT_IN_GROUPS.includes(group))
    return `Expected apiVersion ${expected} for a ${kind}, not ${JSON.stringify(apiVersion.slice(0, 100))}.`;
  for (const [known, version] of KINDS) {
    if (version !== apiVersion) continue;
    if (kind === `${known}List`)
      return `A ${kind} is not taken: give a v1 List, or the objects by themselves.`;
    if (kind.length < 100 && distance(kind.toLowerCase(), known.toLowerCase()) <= 1)
      return `There is no kind ${shown} in ${version}. Did you mean ${known}?`;
  }
  return kind === 'List' ? 'Expected a v1 List with a list of items.' : undefined;
}

/** The objects of a body that are not compiled. */
class Passed {
  private readonly kinds = new Map<string, { count: number; readonly report: Report }>();
  private readonly unprotected: Notice[] = [];

  add(report: Report, kind: string, value: unknown): void {
    const containers = findContainers(value, []);
    if (containers === undefined) {
      const entry = this.kinds.get(kind);
      if (entry === undefined) this.kinds.set(kind, { count: 1, report });
      else entry.count += 1;
      return;
    }
    this.unprotected.push({
      code: 'UnknownWorkload',
      service: '',
      message: `This ${kind.slice(0, 200)} has containers, but we do not know its kind: nothing in it is authorized or enforced.`,
      document: report.source.document,
      path: report.absolute(containers),
    });
  }

  /** One notice for each kind, so that a chart of fifty objects stays readable. */
  notices(): Notice[] {
    const passed = [...this.kinds].map(([kind, { count, report }]): Notice => {
      const objects = count === 1 ? '1 object' : `${count} objects`;
      return {
        code: 'PassedThrough',
        service: '',
        message: `${objects} of ${kind.slice(0, 200)}: no workload, so there is nothing to authorize or enforce.`,
        document: report.source.document,
        path: report.source.path,
      };
    });
    return [...bounded(this.unprotected), ...bounded(passed)];
  }
}

/** So many notices that the rest of them are counted: a body can hold objects by the ten thousand. */
function bounded(notices: readonly Notice[]): Notice[] {
  const shown = notices.slice(0, LIMITS.notices);
  const next = notices[LIMITS.notices];
  if (next === undefined) return shown;
  const rest = notices.length - LIMITS.notices;
  return [...shown, { ...next, message: `${next.message} There are ${rest - 1} more like this.` }];
}

/** Where an object of an unknown kind has containers with images: it may well make pods. */
function findContainers(value: unknown, path: Path): Path | undefined {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      const found = findContainers(each, [...path, index]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isMapping(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (/^(initC|ephemeralC|c)ontainers$/.test(key) && holdsImages(member)) return [...path, key];
    const found = findContainers(member, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function holdsImages(value: unknown): boolean {
  const list: unknown[] = Array.isArray(value) ? value : isMapping(value) ? Object.values(value) : [];
  return list.some((each) => isMapping(each) && typeof each.image === 'string');
}
