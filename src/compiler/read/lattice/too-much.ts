import { LIMITS } from '../../model/limits.ts';
import { entries, isMapping, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { type LatticeKind, UNITS } from './kinds.ts';

/**
 * Refuses a document with more tasks or roles than one request may hold, and one whose defaults would become too much when
 * they are filled into each of them. It answers whether the document is small enough to be read.
 */
export function isSmallEnough(report: Report, document: unknown, kind: LatticeKind): boolean {
  const units = UNITS[kind];
  if (units === undefined) return true;
  const spec = member(document, 'spec');
  const count = entries(member(spec, units)).length;
  if (count > LIMITS.services) {
    report.fault(
      ['spec', units],
      `At most ${LIMITS.services} services are taken at once; there are ${count} ${units}.`,
    );
    return false;
  }
  const size = sizeOf(member(spec, 'defaults'));
  const isFew = size.values * count <= LIMITS.filledValues;
  if (isFew && size.characters * count <= LIMITS.filledCharacters) return true;
  const what = isFew
    ? `${LIMITS.filledCharacters} characters are filled in; these have ${size.characters}`
    : `${LIMITS.filledValues} values are filled in; these have ${size.values}`;
  report.fault(
    ['spec', 'defaults'],
    `The defaults are filled into each of the ${count} ${units}, and at most ${what}. Write what is long into the ${units} that need it.`,
  );
  return false;
}

/** How many values a value consists of, and how many characters its strings and keys have. */
function sizeOf(value: unknown): { values: number; characters: number } {
  const size = { values: 1, characters: typeof value === 'string' ? value.length : 0 };
  for (const [key, each] of entries(value)) {
    const inner = sizeOf(each);
    size.values += inner.values;
    size.characters += inner.characters + (isMapping(value) ? String(key).length : 0);
  }
  return size;
}
