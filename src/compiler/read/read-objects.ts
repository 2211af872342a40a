import { z } from 'zod';
import type { Fault } from '../model/faults.ts';
import type { KnownImage } from '../model/image.ts';
import { LIMITS } from '../model/limits.ts';
import type { Notice } from '../model/notices.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import type { AddedKind } from '../model/workload-kinds.ts';
import { findHiddenWorkload, hiddenPolicyProblem } from './hidden-items.ts';
import { imageIndex } from './images/image-index.ts';
import { type KnownKinds, knownKinds } from './known-kinds.ts';
import { expandList, hiddenItems, type SourceObject } from './lists.ts';
import { mistakenKind, mistakenList } from './mistaken-kinds.ts';
import { ownPolicyProblem } from './own-policies.ts';
import { PassedObjects } from './passed-objects.ts';
import { Report } from './report.ts';
import {
  type Found,
  findContainers,
  isBuiltIn,
  readUnknownKind,
  type UnknownObject,
} from './unknown-kinds.ts';

/** How a body is read. */
export interface ReadOptions {
  /** The namespace of Kubernetes workloads that name none, as with `kubectl --namespace`. */
  readonly namespace?: string | undefined;
  /**
   * What the names of our policies begin with. Tetragon policies of such names are refused; without this option,
   * they pass.
   */
  readonly ownPolicyNames?: readonly string[] | undefined;
  /**
   * What is known of images. The same body read with other images may be other workloads, so whoever remembers what was
   * read must remember for which images.
   */
  readonly images?: readonly KnownImage[] | undefined;
  /** The kinds of workloads that are read besides those that are always known. */
  readonly kinds?: readonly AddedKind[] | undefined;
}

/** What stands in some objects, each read on its own. */
export interface ObjectReadings {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
  /** What the author should know of objects that are no workloads. */
  readonly passed: readonly Notice[];
  /** Whether other kinds of workloads, if they were known, could make known more workloads in the objects. */
  readonly mayHoldMore: boolean;
  /** Everything that is wrong. Where there is a fault, the rest must not be used. */
  readonly faults: readonly Fault[];
}

/**
 * Reads the workloads among some objects; there may be none.
 *
 * @example
 * const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec: {} };
 * const { faults } = readObjects([{ value, source: { document: 0, path: [] } }]);
 * faults.map(({ message }) => message); // => ['This is missing: expected a list.']
 */
export function readObjects(objects: readonly SourceObject[], options: ReadOptions = {}): ObjectReadings {
  const faults: Fault[] = [];
  const notices: Notice[] = [];
  const workloads: Workload[] = [];
  const passed = new PassedObjects();
  const seen: Seen = new Map();
  const images = imageIndex(options.images ?? []);
  const known = knownKinds(options.kinds);
  for (const object of objects) {
    const problem = mistakenList(object.value, known);
    if (problem === undefined) continue;
    new Report(object.source, faults, notices).fault(problem.path, problem.message);
  }
  const expanded = objects.flatMap(expandList);
  const unread = expanded[LIMITS.objects];
  if (unread !== undefined) {
    const message = `At most ${LIMITS.objects} objects are taken at once; there are ${expanded.length}.`;
    const all = [...faults, { ...unread.source, message }];
    return { workloads, notices, passed: [], mayHoldMore: false, faults: all };
  }
  for (const { value, source } of expanded) {
    // Nobody reads more faults than these, and each takes memory.
    if (faults.length > MOST_FAULTS) break;
    const report = new Report(source, faults, notices, images);
    for (const workload of readOne(report, value, { ...options, known }, passed)) {
      refuseTwin(report, workload, seen);
      workloads.push(workload);
    }
  }
  // The defaults of a Lattice document are read once for each of its tasks, and so are their faults.
  return {
    workloads,
    notices,
    passed: passed.notices(),
    mayHoldMore: expanded.some(({ value }) => mayHoldMore(value, known)),
    faults: distinct(faults),
  };
}

/** Whether a kind that is not known could be that of an object, of one within it, or of one in its items. */
function mayHoldMore(value: unknown, known: KnownKinds): boolean {
  const identity = ObjectSchema.safeParse(value);
  if (!identity.success) return false;
  const { apiVersion, kind } = identity.data;
  // Kubernetes itself keeps no objects of other kinds within its own, and no policy set adds a kind to its groups.
  if (known.readerOf(apiVersion, kind) === undefined && !isBuiltIn(apiVersion)) return true;
  return hiddenItems(value).length > 0;
}

/** So many faults end the reading of further objects. An answer lists fewer. */
const MOST_FAULTS = 100 * LIMITS.faults;

/** The kinds of the workloads that have policies, by what their policies are named after. */
type Seen = Map<string, string>;

/** Reports a workload whose policies would replace those of another one in the cluster. */
function refuseTwin(report: Report, workload: Workload, seen: Seen): void {
  if (workload.unenforced !== undefined) return;
  const id = workloadId(workload);
  // The names of policies of Lattice documents do not contain the kind.
  const key = workload.dialect === 'lattice' ? id : `${workload.kind} ${id}`;
  const twin = seen.get(key);
  if (twin !== undefined) {
    report.fault(
      ['metadata', 'name'],
      `The ${workload.kind} ${id} is in the body twice${twin === workload.kind ? '' : ` (${twin} and ${workload.kind}): their policies would have the same names`}.`,
    );
  }
  seen.set(key, workload.kind);
}

function distinct(faults: readonly Fault[]): Fault[] {
  const seen = new Map(
    faults.map((fault) => [`${fault.document}${toPointer(fault.path)}\n${fault.message}`, fault]),
  );
  return [...seen.values()];
}

const ObjectSchema = z.looseObject({ apiVersion: z.string().min(1), kind: z.string().min(1) });

/** Reads one object. One that is no workload passes. */
function readOne(
  report: Report,
  value: unknown,
  { namespace, ownPolicyNames, known }: ReadOptions & { readonly known: KnownKinds },
  passed: PassedObjects,
): Workload[] {
  const identity = ObjectSchema.safeParse(value);
  if (!identity.success) {
    report.fault([], 'Expected a LatticeService or a Kubernetes object, with apiVersion and kind.');
    return [];
  }
  const { apiVersion, kind } = identity.data;
  const policy = ownPolicyNames && policyProblem(apiVersion, kind, value, ownPolicyNames);
  if (policy !== undefined) {
    report.fault(policy.path, policy.message);
    return [];
  }
  const hidden = findHiddenWorkload(value, known);
  const read = known.readerOf(apiVersion, kind);
  if (read !== undefined) {
    if (hidden !== undefined) report.fault(hidden.slice(0, 1), itemsOfWorkload(kind));
    return read(report, value, namespace);
  }
  const problem = mistakenKind(apiVersion, kind);
  if (problem !== undefined) {
    report.fault(['kind'], problem);
    return [];
  }
  const found = foundIn({ apiVersion, kind, value }, hidden, known);
  if (found !== undefined) return readUnknownKind(report, { apiVersion, kind, value }, found, namespace);
  passed.add(report, `${apiVersion} ${kind}`);
  return [];
}

/** What shows that an object of an unknown kind makes pods; undefined when nothing does. */
function foundIn(
  { apiVersion, kind, value }: UnknownObject,
  hidden: Path | undefined,
  known: KnownKinds,
): Found | undefined {
  if (hidden !== undefined) return { path: hidden, by: 'items' };
  const shape = findContainers(apiVersion, kind, value, known);
  if (shape !== undefined) return { path: shape, by: 'shape' };
  return known.makesPods(apiVersion, kind) ? { path: ['apiVersion'], by: 'version' } : undefined;
}

/** Why an object may not stand in a body, for itself or for its items: it could replace a policy of ours. */
function policyProblem(
  apiVersion: string,
  kind: string,
  value: unknown,
  ownNames: readonly string[],
): { readonly path: Path; readonly message: string } | undefined {
  const message = ownPolicyProblem(apiVersion, kind, value, ownNames);
  return message === undefined
    ? hiddenPolicyProblem(value, ownNames)
    : { path: ['metadata', 'name'], message };
}

function itemsOfWorkload(kind: string): string {
  return `A ${kind} has no items, and these hold a workload: kubectl makes a list of whatever has items, and would apply them in place of the ${kind}. Leave them out.`;
}
