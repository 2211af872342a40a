import type { Path } from '../model/pointer.ts';
import { isMapping } from './mapping.ts';

/**
 * Changes an object as the API server does when it decodes one: a null in a map of strings becomes an empty
 * string, and an empty name or namespace is left out. The given value stays as it is.
 *
 * @param template The path of its pod template.
 * @param selector The path of the labels that it selects its pods by.
 */
export function asApiServerReads(
  value: unknown,
  template: Path,
  selector: Path = ['spec', 'selector', 'matchLabels'],
): unknown {
  const strings = [
    ['metadata', 'labels'],
    ['metadata', 'annotations'],
    [...template, 'metadata', 'labels'],
    [...template, 'metadata', 'annotations'],
    [...template, 'spec', 'nodeSelector'],
    selector,
  ];
  let read = value;
  for (const path of strings) read = changed(read, path, asStrings);
  return changed(read, ['metadata'], withoutEmptyNames);
}

/** A copy of the value in which the part at a path is changed; the value itself when nothing changes. */
function changed(value: unknown, [step, ...rest]: Path, change: (value: unknown) => unknown): unknown {
  if (step === undefined) return change(value);
  if (!isMapping(value) || !Object.hasOwn(value, step)) return value;
  const before = value[step];
  const after = changed(before, rest, change);
  return after === before ? value : { ...value, [step]: after };
}

/** A map of strings as it is decoded: a null in it becomes an empty string. */
export function asStrings(value: unknown): unknown {
  if (!isMapping(value) || !Object.values(value).includes(null)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, each ?? '']));
}

function withoutEmptyNames(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const empty = ['name', 'generateName', 'namespace'].filter((key) => value[key] === '');
  if (empty.length === 0) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !empty.includes(key)));
}
