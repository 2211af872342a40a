import { LIMITS } from '../../model/limits.ts';
import { ObjectNameSchema } from '../../model/names.ts';
import { parseValue } from '../../model/parse.ts';
import { type Workload, workloadId } from '../../model/workload.ts';
import { asApiServerReads } from '../api-server.ts';
import { checkFieldPlaces } from '../field-places.ts';
import { explainKey } from '../kubernetes/explain-key.ts';
import { KUBERNETES_BELONGS } from '../kubernetes/fields.ts';
import { identify, MetadataSchema, type ObjectMeta } from '../kubernetes/metadata.ts';
import { PodTemplateSchema } from '../kubernetes/pod-spec.ts';
import { readPods, templateOf } from '../kubernetes/read-pods.ts';
import { member, valueAt } from '../mapping.ts';
import type { Report } from '../report.ts';
import { assembledOf } from './assembled.ts';
import { holderPlaces, templatePlaces } from './kind-places.ts';
import { type Assembled, CLUSTER, type KindRow, type PodsRow, principalKind } from './kind-row.ts';
import { type Match, matchesOf } from './matches.ts';
import { withoutOverlaps } from './overlapping-pods.ts';
import { filled, type Placed } from './placeholders.ts';
import { controllerLabels, selectorOf } from './select-pods.ts';
import { refuseUnread } from './unread.ts';

/**
 * Stands before the path of a value in a pod template while that is read. What is put together stands in no one place,
 * and where each of its values was written is looked up.
 */
const ASSEMBLED = '\0pods';

/** Pods that were found in an object. */
interface FoundPods {
  readonly row: PodsRow;
  readonly match: Match;
  readonly assembled: Assembled;
}

/** An object that is being read. */
interface ObjectOfKind {
  readonly row: KindRow;
  readonly apiVersion: string;
  readonly value: unknown;
  readonly metadata: ObjectMeta;
  readonly identity: { readonly name: string; readonly namespace: string } | undefined;
}

/**
 * Reads an object of a kind of the table as one workload for each pod template in it. There are none when anything is
 * wrong with it, which the report then says.
 *
 * @param namespace The namespace of an object that names none.
 */
export function readKind(
  row: KindRow,
  report: Report,
  value: unknown,
  namespace: string | undefined,
): Workload[] {
  const before = report.faultCount;
  const read = asApiServerReads(value, []);
  const metadata = parseValue(MetadataSchema, member(read, 'metadata') ?? {});
  if (!metadata.ok) {
    for (const { path, message } of metadata.issues) report.fault(['metadata', ...path], message);
    return [];
  }
  const identity =
    row.scope === 'cluster'
      ? identify(report, { ...metadata.data, namespace: CLUSTER }, CLUSTER)
      : identify(report, metadata.data, namespace);
  if (identity !== undefined) report.service = workloadId(identity);
  const found = findPods(report, row, value);
  refuseUnread(report, value, {
    ...row,
    pods: found.map(({ assembled }) => assembled),
    described: placesOf(row),
  });
  checkFieldPlaces(
    report,
    holderPlaces(
      value,
      found.flatMap(({ match, assembled }) => [match.path, ...assembled.read, ...(assembled.known ?? [])]),
    ),
    KUBERNETES_BELONGS,
  );
  if (found.length > LIMITS.services) {
    report.fault(
      ['spec'],
      `At most ${LIMITS.services} services are taken at once; there are ${found.length}.`,
    );
    return [];
  }
  if (found.length === 0 && report.faultCount === before) noteNoPods(report, row);
  const apiVersion = String(member(value, 'apiVersion'));
  const object: ObjectOfKind = { row, apiVersion, value, metadata: metadata.data, identity };
  const placed = found.flatMap((pods) =>
    readFound(report, object, pods).map((workload) => ({ workload, at: pods.match.path })),
  );
  const workloads = withoutOverlaps(report, row.kind, placed);
  return report.faultCount > before ? [] : workloads;
}

function findPods(report: Report, { pods }: KindRow, value: unknown): FoundPods[] {
  return pods.flatMap((row) => {
    const { matches, misshapen } = matchesOf(value, row.at);
    for (const { path, expected } of misshapen) report.fault(path, `Expected ${expected}.`);
    return matches.flatMap((match) =>
      assembledOf(row, match, value).map((assembled) => {
        for (const { path, message } of assembled.problems ?? []) report.fault(path, message);
        return { row, match: { ...match, path: assembled.at ?? match.path }, assembled };
      }),
    );
  });
}

/** Where the pods of a kind are described, in words. */
function placesOf({ pods }: KindRow): string {
  return pods.map(({ at }) => (at === '' ? 'the object itself' : at)).join(', ');
}

function noteNoPods(report: Report, row: KindRow): void {
  report.note(
    'NoPodsOfItsOwn',
    [],
    `This ${row.kind} describes no pods itself (in ${placesOf(row)}), so nothing in it is judged or enforced. Send the object that describes them, too.`,
  );
}

function readFound(report: Report, object: ObjectOfKind, { row, match, assembled }: FoundPods): Workload[] {
  const { metadata, identity, value } = object;
  // Its faults are told.
  if ((assembled.problems ?? []).length > 0) return [];
  const at = [ASSEMBLED];
  report.originOf = (path) => (path[0] === ASSEMBLED ? assembled.originOf(path.slice(1)) : path);
  try {
    const placed: Placed = {
      object: metadata.name ?? undefined,
      namespace: identity?.namespace ?? '',
      match,
      absent: row.absent ?? {},
    };
    const suffix = assembled.suffix?.toLowerCase() ?? suffixOf(report, row, match, placed);
    const name =
      identity && suffix !== undefined ? nameOf(report, match, `${identity.name}${suffix}`) : undefined;
    const own = identity && name !== undefined ? { ...identity, name } : undefined;
    if (own !== undefined) report.service = workloadId(own);
    const parsed = parseValue(PodTemplateSchema, asApiServerReads(assembled.template, []), explainKey);
    checkFieldPlaces(report, templatePlaces(assembled.template, at, row.fields), KUBERNETES_BELONGS);
    if (!parsed.ok) {
      for (const { path, message } of parsed.issues) report.fault([...at, ...path], message);
      return [];
    }
    const template = { metadata: parsed.data.metadata ?? {}, spec: parsed.data.spec };
    const described = {
      path: match.path,
      holder: valueAt(value, match.path.slice(0, -1)),
      labels: template.metadata.labels ?? {},
    };
    const selector = selectorOf(report, row, described, placed);
    const workloads = readPods(
      report,
      { ...template, at, selector, addedLabels: controllerLabels(row, placed) },
      {
        kind: principalKind(object.row),
        identity: own,
        suffix: suffix ?? '',
        metadata,
        podMetadata: assembled.metadata,
        template:
          assembled.metadata &&
          templateOf({ ...object, kind: object.row.kind, name: metadata.name }, value, assembled.metadata),
        additions: typeof row.adds === 'function' ? row.adds(value, match.key) : row.adds,
      },
    );
    const enforced = assembled.unenforced ?? unselectable(row, match, workloads);
    return workloads.map((workload) =>
      withUnjudged(report, object.row, { ...assembled, unenforced: enforced }, workload),
    );
  } finally {
    report.originOf = (path) => path;
  }
}

/** Why no policy can be made for pods that are put together: nothing selects them that is known before they exist. */
function unselectable(
  { shape }: PodsRow,
  { path }: Match,
  workloads: readonly Workload[],
): Assembled['unenforced'] {
  if (typeof shape === 'string' || workloads.every(({ podSelector }) => podSelector !== undefined))
    return undefined;
  return {
    path,
    why: 'Its pods have no labels that are known before they exist; give them labels of their own',
  };
}

/** A workload that asks about what nobody can judge in it, and has no policies where none can be made for its pods. */
function withUnjudged(
  report: Report,
  row: KindRow,
  { unjudged = [], unenforced }: Assembled,
  workload: Workload,
): Workload {
  const [first] = unjudged;
  if (first === undefined && unenforced === undefined) return workload;
  const id = `unjudgedWorkload:${row.group}/${row.kind}`;
  if (first !== undefined) {
    report.note(
      'UnjudgedPart',
      first,
      `Nobody can tell what this does to the pods of the ${row.kind}: it passes only by a permit for ${id}, and nothing is enforced in these pods.`,
    );
  } else if (unenforced !== undefined) {
    report.note(
      'PodsNotEnforced',
      unenforced.path,
      `${unenforced.why}. What this ${row.kind} asks for is judged, but no policies are made for these pods.`,
    );
  }
  return {
    ...workload,
    asks: [...workload.asks, ...unjudged.map((path) => ({ id, path: report.absolute(path) }))],
    unenforced: workload.unenforced ?? 'elsewhere',
  };
}

/** What the name of a workload adds to that of its object; undefined when that is not known, which is reported. */
function suffixOf(
  report: Report,
  { suffix = '' }: PodsRow,
  match: Match,
  placed: Placed,
): string | undefined {
  // Names are in lower case, which those of groups and roles need not be.
  const found = filled(suffix, placed)?.toLowerCase();
  if (found !== undefined) return found;
  report.fault(
    match.path,
    'Expected a name here: the workload is named after it, and authorization depends on it.',
  );
  return undefined;
}

function nameOf(report: Report, match: Match, name: string): string | undefined {
  const parsed = parseValue(ObjectNameSchema, name);
  if (parsed.ok) return parsed.data;
  for (const { message } of parsed.issues)
    report.fault(match.path, `The workload is named ${name.slice(0, 200)}. ${message}`);
  return undefined;
}
