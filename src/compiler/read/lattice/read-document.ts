import type { z } from 'zod';
import { parseValue } from '../../model/parse.ts';
import { type Workload, workloadId } from '../../model/workload.ts';
import { asApiServerReads } from '../api-server.ts';
import { checkFieldPlaces } from '../field-places.ts';
import { member } from '../mapping.ts';
import { profileAnnotations } from '../profile-annotations.ts';
import type { Report } from '../report.ts';
import { withDefaults } from './defaults.ts';
import { LATTICE_BELONGS, latticePlaces } from './fields.ts';
import type { LatticeKind } from './kinds.ts';
import { inOneSpelling } from './one-spelling.ts';
import { Origins } from './origins.ts';
import { readUnit } from './read-unit.ts';
import { isSmallEnough } from './too-much.ts';
import type { Unit } from './unit.ts';
import type { Metadata } from './unit-schemas.ts';
import { unreadContainers } from './unread-containers.ts';

/**
 * Reads the workloads of a Lattice document. There are none when anything is wrong with it, which the report
 * then says.
 *
 * @param unitsOf Divides the document into what becomes one workload each.
 */
export function readDocument<T extends z.ZodType<{ readonly metadata: Metadata }>>(
  report: Report,
  given: unknown,
  schema: T,
  kind: LatticeKind,
  unitsOf: (document: z.output<T>) => readonly Unit[],
): Workload[] {
  const before = report.faultCount;
  if (!isSmallEnough(report, given, kind)) return [];
  const value = inOneForm(report, asApiServerReads(given, []), kind);
  const parsed = parseValue(schema, value);
  if (!parsed.ok) {
    for (const issue of parsed.issues) report.fault(issue.path, issue.message);
    // Misplaced fields are reported in the same answer.
    checkFieldPlaces(report, latticePlaces(value), LATTICE_BELONGS);
    return [];
  }
  const { metadata } = parsed.data;
  report.service = workloadId(metadata);
  checkFieldPlaces(report, latticePlaces(value), LATTICE_BELONGS);
  refuseProfileAnnotations(report, value);
  const units = unitsOf(parsed.data);
  if (units.length === 0) report.fault(['spec'], `A ${kind} needs a workload: there is none here.`);
  const workloads = units.flatMap((unit) => readUnit(report, kind, metadata, unit));
  report.originOf = (path) => path;
  refuseUnreadContainers(report, given, kind);
  return report.faultCount > before ? [] : workloads;
}

/**
 * Writes a document in one spelling, and fills in its defaults. From then on the report says of each value where it was
 * written.
 */
function inOneForm(report: Report, document: unknown, kind: LatticeKind): unknown {
  const { value, contradictions, originOf } = inOneSpelling(document, kind);
  for (const { path, message } of contradictions) report.fault(path, message);
  const filled = new Origins();
  const whole = withDefaults(value, kind, filled);
  report.originOf = (path) => originOf(filled.of(path));
  return whole;
}

function refuseProfileAnnotations(report: Report, document: unknown): void {
  for (const key of profileAnnotations(member(member(document, 'metadata'), 'annotations'))) {
    report.fault(
      ['metadata', 'annotations', key],
      "The profile is not read here; it belongs in a container's securityContext.",
    );
  }
}

function refuseUnreadContainers(report: Report, document: unknown, kind: LatticeKind): void {
  for (const path of unreadContainers(document, kind)) {
    const isTold = path.some((_, depth) => report.hasFaultAt(path.slice(0, depth + 1)));
    if (!isTold)
      report.fault(
        path,
        'Nothing reads this: what it holds of containers and their security would not be judged.',
      );
  }
}
