import type { Path } from '../../src/compiler/model/pointer.ts';
import type { ParsedText } from '../../src/compiler/read/documents/source-document.ts';
import { entries } from '../../src/compiler/read/mapping.ts';

/** All that a text says: the values, the order of their keys, and the place of each; or its faults. */
export function saidBy(parsed: ParsedText): unknown {
  if (!parsed.ok) return parsed;
  return parsed.documents.map(({ index, value, locate, rounded }) => ({
    index,
    value,
    inOrder: JSON.stringify(value),
    rounded: rounded(),
    places: pathsIn(value).flatMap((path) => [path, locate(path), locate([...path, 'none', 0])]),
  }));
}

function pathsIn(value: unknown, path: Path = []): Path[] {
  return [path, ...entries(value).flatMap(([key, each]) => pathsIn(each, [...path, key]))];
}
