import type { Path } from '../../model/pointer.ts';
import { entries, isMapping, member } from '../mapping.ts';

/** A place in an object that a path of a row leads to. */
export interface Match {
  readonly path: Path;
  readonly value: unknown;
  /** The item of the innermost list, or the member of the innermost mapping, that the path leads through. */
  readonly item: unknown;
  /** The index or the key of the item. */
  readonly key: string | number | undefined;
}

/** A place on the way of a path that has another shape than the path needs. */
export interface Misshapen {
  readonly path: Path;
  readonly expected: 'a list' | 'a mapping';
}

/** The steps of a path of a row: keys, `[]` and `{}`. A `[]` or `{}` may follow a key without a dot. */
export function stepsOf(path: string): string[] {
  return path.split('.').flatMap((part) => {
    const [, key = '', every = ''] = /^(.*?)(\[\]|\{\})?$/.exec(part) ?? [];
    return [...(key === '' ? [] : [key]), ...(every === '' ? [] : [every])];
  });
}

/**
 * The places of an object that a path of a row leads to, in the order of the document. What is absent or null on the
 * way leads nowhere.
 *
 * @example
 * const object = { spec: { jobs: [{ name: 'a' }, { name: 'b' }] } };
 * matchesOf(object, 'spec.jobs[].name').matches.map(({ path }) => path.join('/')); // => ['spec/jobs/0/name', 'spec/jobs/1/name']
 * matchesOf({ spec: [] }, 'spec.jobs[]').misshapen; // => [{ path: ['spec'], expected: 'a mapping' }]
 */
export function matchesOf(
  object: unknown,
  path: string,
): { readonly matches: readonly Match[]; readonly misshapen: readonly Misshapen[] } {
  const misshapen: Misshapen[] = [];
  let matches: Match[] = [{ path: [], value: object, item: undefined, key: undefined }];
  for (const step of stepsOf(path)) {
    matches = matches.flatMap((match): Match[] => {
      const expected = step === '[]' ? 'a list' : 'a mapping';
      if (match.value == null) return [];
      if (step === '[]' ? !Array.isArray(match.value) : !isMapping(match.value)) {
        misshapen.push({ path: match.path, expected });
        return [];
      }
      if (step !== '[]' && step !== '{}') {
        const value = member(match.value, step);
        return value == null ? [] : [{ ...match, path: [...match.path, step], value }];
      }
      return entries(match.value).map(([key, item]) => ({
        path: [...match.path, key],
        value: item,
        item,
        key,
      }));
    });
  }
  return { matches: matches.filter(({ value }) => value != null), misshapen };
}
