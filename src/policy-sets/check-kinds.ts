/**
 * The gate `settings`: whether the kinds of workloads that a version adds can be read beside those that are always known.
 * @module
 */
import type { AddedKind } from '../compiler/model/workload-kinds.ts';
import { mistakenKind } from '../compiler/read/mistaken-kinds.ts';
import { KIND_NAMES } from '../compiler/read/readers.ts';
import { groupAndKind, isBuiltIn } from '../compiler/read/unknown-kinds.ts';
import type { GateFault } from './gate-fault.ts';

/** The faults of the kinds of workloads that the settings of a version add. */
export function kindFaults(kinds: readonly AddedKind[]): GateFault[] {
  const seen = new Set<string>();
  return kinds.flatMap((row, index) => {
    const name = `${row.group}/${row.kind}`;
    const twice = seen.has(name);
    seen.add(name);
    const why = twice ? `There is a row for ${name} before: give one kind one row.` : reserved(row);
    const faults = why === undefined ? placeFaults(row) : [{ message: why, path: ['kind'] }];
    return faults.map(
      ({ message, path }): GateFault => ({
        gate: 'settings',
        message,
        path: ['settings', 'workloadKinds', index, ...path],
      }),
    );
  });
}

/** The groups whose kinds are read, or answered, by Tracewright itself. */
const OWN_GROUPS = ['lattice.dev', 'cilium.io', 'config.kubernetes.io'];

/** Why a kind cannot be added, or undefined if it can be. */
function reserved({ group, versions, kind }: AddedKind): string | undefined {
  if (isBuiltIn(`${group}/v1`) || OWN_GROUPS.includes(group))
    return `The kinds of the group ${group} are not for a policy set to describe.`;
  if (KIND_NAMES.some(([apiVersion, known]) => groupAndKind(apiVersion, known) === `${group}/${kind}`))
    return `The kind ${kind} of ${group} is read already: leave this row out.`;
  const mistaken = versions.map((version) => mistakenKind(`${group}/${version}`, kind));
  return mistaken.find((each) => each !== undefined);
}

interface PlaceFault {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** The faults of the places of a kind: pods that would be read twice, or would have one name. */
function placeFaults({ pods }: AddedKind): PlaceFault[] {
  const faults: PlaceFault[] = [];
  const suffixes = new Set<string | undefined>();
  for (const [index, { at, suffix }] of pods.entries()) {
    const path = ['pods', index];
    const within = pods.find(
      (other, place) => place < index && (isWithin(at, other.at) || isWithin(other.at, at)),
    );
    if (within !== undefined)
      faults.push({
        path: [...path, 'at'],
        message: `This is in the same place as ${within.at}: its pods would be read twice.`,
      });
    if (/\[\]|\{\}/.test(at) && !/\{(key|index|item\.)/.test(suffix ?? ''))
      faults.push({
        path: [...path, 'suffix'],
        message: `An object may have several pods at ${at}: expected a suffix with {key}, {index} or {item.<field>}, so that each has a name of its own.`,
      });
    else if (pods.length > 1 && (suffix === undefined || suffixes.has(suffix)))
      faults.push({
        path: [...path, 'suffix'],
        message:
          'An object of this kind has pods in several places: expected a suffix that no other place has.',
      });
    suffixes.add(suffix);
  }
  return faults;
}

/** Whether a path leads to the same place as another, or below it. */
function isWithin(path: string, other: string): boolean {
  return path === other || ['.', '[', '{'].some((sign) => path.startsWith(`${other}${sign}`));
}
