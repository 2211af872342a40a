import { distance } from 'fastest-levenshtein';
import { LIMITS } from '../model/limits.ts';
import type { Path } from '../model/pointer.ts';
import { fold } from '../model/words.ts';
import { isMapping } from './mapping.ts';
import type { Report } from './report.ts';

/** The keys of one kind of mapping. */
export interface Fields {
  /** The keys that we read. A key that is nearly one of them is a misspelling, and would be a security hole. */
  readonly read: readonly string[];
  /** The keys that are known and rightly not read. */
  readonly passed: readonly string[];
  /** Whether other keys are of no concern to us: they pass without a notice. */
  readonly open?: true;
}

/** A mapping whose keys matter to security, and where it stands. */
export interface Place {
  readonly path: Path;
  readonly value: unknown;
  readonly fields: Fields;
}

/** Keys with a meaning for security, and the one place where they are read. */
export interface Belonging {
  readonly keys: readonly string[];
  readonly place: string;
}

/** The fields of any object of Kubernetes. */
export const OBJECT_FIELDS: Fields = {
  read: ['apiVersion', 'kind', 'metadata', 'spec'],
  passed: ['status'],
};

/** Fields of a spec of which only misspelt and misplaced ones matter, since it holds much that is not ours. */
export function openFields(...read: readonly string[]): Fields {
  return { read, passed: [], open: true };
}

/** Reports as faults the security fields that stand where nothing reads them, and notes unknown fields. */
export function checkFieldPlaces(
  report: Report,
  places: readonly Place[],
  belongs: readonly Belonging[],
): void {
  const unknowns = places.flatMap(unknownFields).flatMap(({ path, key, fields }) => {
    const message = misplaced(key, fields, belongs);
    return message === undefined && fields.open === true ? [] : [{ path, key, message }];
  });
  if (unknowns.length > LIMITS.faults) {
    report.fault([], `There are ${unknowns.length} unknown fields; at most ${LIMITS.faults} are let pass.`);
    return;
  }
  for (const { path, key, message } of unknowns) {
    if (message !== undefined) report.fault(path, message);
    else {
      report.note(
        'UnknownField',
        path,
        `The field ${JSON.stringify(key)} is not one we know; it had no effect on the compilation.`,
      );
    }
  }
}

function unknownFields({ path, value, fields }: Place): { path: Path; key: string; fields: Fields }[] {
  if (!isMapping(value)) return [];
  return Object.keys(value)
    .filter((key) => !fields.read.includes(key) && !fields.passed.includes(key))
    .map((key) => ({ path: [...path, key], key, fields }));
}

/** Why an unknown key must not pass: it is misspelt, or stands where nothing reads it. */
function misplaced(key: string, fields: Fields, belongs: readonly Belonging[]): string | undefined {
  const folded = fold(key);
  // Of a short key half the letters may be other ones by chance: dag is no misspelling of data.
  const mostChanged = Math.min(2, Math.floor(folded.length / 2));
  const meant = fields.read.find((known) => distance(folded, fold(known)) <= mostChanged);
  if (meant !== undefined) return `Unknown field ${JSON.stringify(key)}. Did you mean ${meant}?`;
  const belonging = belongs.find(({ keys }) => keys.some((known) => fold(known) === folded));
  if (belonging === undefined) return undefined;
  return `The field ${JSON.stringify(key)} is not read here; it belongs in ${belonging.place}.`;
}
