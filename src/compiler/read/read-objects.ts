import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import type { Fault, Notice } from '../model/faults.ts';
import { LIMITS } from '../model/limits.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import { type Workload, workloadId } from '../model/workload.ts';
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
import { expandList, type SourceObject } from './lists.ts';
import { ownPolicyProblem } from './own-policies.ts';
import { Report } from './report.ts';
import { findContainers, readUnknownKind } from './unknown-kinds.ts';

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
        spec: {
          workload: {
            containers: [
              {
                name: 'app',
                image: 'api-server:latest',
                securityContext: {
                  readOnlyRootFilesystem: true,
                  runAsNonRoot: true,
                  capabilities: { drop: ['ALL'] },
                  allowedBinaries: ['/usr/bin/api-server', '/usr/bin/curl'],
                },
              },
            ],
          },
        },
      },
    ],
  });

/** How a body is read. */
export interface ReadOptions {
  /** The namespace of Kubernetes workloads that name none, as with `kubectl --namespace`. */
  readonly namespace?: string | undefined;
  /** What the names of our policies begin with, where a Tetragon policy of such a name is refused. */
  readonly ownPolicyNames?: readonly string[] | undefined;
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

/** What stands in some objects, before anything is said of all of them together. */
export interface ObjectReadings {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
  /** What the author should know of objects that are no workloads. */
  readonly passed: readonly Notice[];
  /** Everything that is wrong; where there is anything, the rest must not be used. */
  readonly faults: readonly Fault[];
}

/** Reads the workloads among some objects; there may be none. */
export function readObjects(objects: readonly SourceObject[], options: ReadOptions = {}): ObjectReadings {
  const faults: Fault[] = [];
  const notices: Notice[] = [];
  const workloads: Workload[] = [];
  const passed = new Passed();
  const seen = new Map<string, string>();
  for (const object of objects) {
    const problem = mistakenList(object.value);
    if (problem === undefined) continue;
    new Report(object.source, faults, notices).fault(problem.path, problem.message);
  }
  for (const { value, source } of objects.flatMap(expandList)) {
    const report = new Report(source, faults, notices);
    for (const workload of readOne(report, value, options, passed)) {
      const id = workloadId(workload);
      // Their policies would overwrite each other in the cluster. Those of Lattice carry no kind.
      const key = workload.dialect === 'lattice' ? id : `${workload.kind} ${id}`;
      const twin = seen.get(key);
      if (twin !== undefined && workload.unenforced === undefined) {
        report.fault(
          ['metadata', 'name'],
          `The ${workload.kind} ${id} is in the body twice${twin === workload.kind ? '' : ` (${twin} and ${workload.kind}): their policies would have the same names`}.`,
        );
      }
      if (workload.unenforced === undefined) seen.set(key, workload.kind);
      workloads.push(workload);
    }
  }
  // What defaults hold is read once for each task.
  return { workloads, notices, passed: passed.notices(), faults: distinct(faults) };
}

function distinct(faults: readonly Fault[]): Fault[] {
  const seen = new Map(
    faults.map((fault) => [`${fault.document}${toPointer(fault.path)}\n${fault.message}`, fault]),
  );
  return [...seen.values()];
}

/** Reads one object; what is no workload passes. */
function readOne(
  report: Report,
  value: unknown,
  { namespace, ownPolicyNames }: ReadOptions,
  passed: Passed,
): Workload[] {
  const identity = ObjectSchema.safeParse(value);
  if (!identity.success) {
    report.fault([], 'Expected a LatticeService or a Kubernetes object, with apiVersion and kind.');
    return [];
  }
  const { apiVersion, kind } = identity.data;
  const key = `${apiVersion} ${kind}`;
  const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
  if (read !== undefined) return read(report, value, namespace);
  const problem = mistakenKind(apiVersion, kind);
  if (problem !== undefined) {
    report.fault(['kind'], problem);
    return [];
  }
  const clash =
    ownPolicyNames === undefined ? undefined : ownPolicyProblem(apiVersion, kind, value, ownPolicyNames);
  if (clash !== undefined) {
    report.fault(['metadata', 'name'], clash);
    return [];
  }
  const containers = findContainers(apiVersion, kind, value);
  if (containers !== undefined)
    return readUnknownKind(report, { apiVersion, kind, value }, containers, namespace);
  passed.add(report, key);
  return [];
}

const ObjectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string() });

/** Why a list cannot be taken apart. Its objects would be taken from a workload, or by a tool that is not asked. */
function mistakenList(value: unknown): { readonly path: Path; readonly message: string } | undefined {
  const list = ListSchema.safeParse(value);
  if (!list.success || !list.data.items.some(isMapping)) return undefined;
  const { apiVersion, kind, items } = list.data;
  if (kind === 'ResourceList' && apiVersion.startsWith('config.kubernetes.io/'))
    return { path: ['kind'], message: 'A ResourceList is what KRM functions take: send it to /krm.' };
  const { items: _, ...outside } = list.data;
  if (
    Object.hasOwn(READERS, `${apiVersion} ${kind}`) ||
    findContainers(apiVersion, kind, outside) !== undefined
  ) {
    return {
      path: ['items'],
      message: `A ${kind} has no items: kubectl makes a list of whatever has some, and applies those instead of it. Leave them out.`,
    };
  }
  for (const [index, item] of items.entries()) {
    const problem = mistakenList(item);
    if (problem !== undefined) return { ...problem, path: ['items', index, ...problem.path] };
  }
  return undefined;
}

const ListSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), items: z.array(z.unknown()) });

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
    if (kind === `${known}List`) return `Expected a ${kind} with a list of items.`;
    if (kind.length < 100 && distance(kind.toLowerCase(), known.toLowerCase()) <= 1)
      return `There is no kind ${shown} in ${version}. Did you mean ${known}?`;
  }
  return kind === 'List' ? 'Expected a v1 List with a list of items.' : undefined;
}

/** The objects of a body that are not compiled. */
class Passed {
  private readonly kinds = new Map<string, { count: number; readonly report: Report }>();

  add(report: Report, kind: string): void {
    const entry = this.kinds.get(kind);
    if (entry === undefined) this.kinds.set(kind, { count: 1, report });
    else entry.count += 1;
  }

  /** One notice for each kind, so that a chart of fifty objects stays readable. */
  notices(): Notice[] {
    return bounded(
      [...this.kinds].map(([kind, { count, report }]): Notice => {
        const objects = count === 1 ? '1 object' : `${count} objects`;
        return {
          code: 'PassedThrough',
          service: '',
          message: `${objects} of ${kind.slice(0, 200)}: no workload, so there is nothing to authorize or enforce.`,
          document: report.source.document,
          path: report.source.path,
        };
      }),
    );
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
