import { z } from 'zod';
import type { Path } from './pointer.ts';
import { inWords, unknownName } from './words.ts';

/** What a value is by a schema, or everything that is wrong with it. */
export type Parsed<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly issues: readonly FlatIssue[] };

/** Says more about a key that a schema does not know, where there is more to say. */
export type ExplainKey = (key: string, path: Path) => string | undefined;

/**
 * Parses a value of a request. There can be so many issues that zod runs out of stack gathering them (it
 * passes them as the arguments of one call): that is one issue of the whole value, and no error of ours.
 */
export function parseValue<T extends z.ZodType>(
  schema: T,
  value: unknown,
  explain: ExplainKey = () => undefined,
): Parsed<z.output<T>> {
  // The keys that an object knows, by the list of those that it does not: zod tells of the latter alone.
  const known = new Map<unknown, readonly string[]>();
  const error = (issue: z.core.$ZodRawIssue): string => {
    if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject)
      known.set(issue.keys, Object.keys(issue.inst.shape));
    return inWords(issue);
  };
  try {
    const parsed = schema.safeParse(value, { error });
    if (parsed.success) return { ok: true, data: parsed.data };
    return { ok: false, issues: flattenIssues(parsed.error.issues, [], { known, explain }) };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { ok: false, issues: [{ path: [], message: 'There are too many faults to list.' }] };
  }
}

/** One thing zod found, at the innermost value it can be pinned to. */
interface FlatIssue {
  readonly path: Path;
  readonly message: string;
}

interface Unknowns {
  readonly known: ReadonlyMap<unknown, readonly string[]>;
  readonly explain: ExplainKey;
}

/** Spells out unknown keys one by one, and picks the branch of a union that the value is shaped like. */
function flattenIssues(issues: readonly z.core.$ZodIssue[], prefix: Path, unknowns: Unknowns): FlatIssue[] {
  return issues.flatMap((issue): FlatIssue[] => {
    const path: Path = [
      ...prefix,
      ...issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step)),
    ];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message:
          unknowns.explain(key, path) ??
          unknownName('Unknown field', key, unknowns.known.get(issue.keys) ?? []),
      }));
    }
    if (issue.code === 'invalid_union') {
      const branch = issue.errors.find((errors) => errors.every((error) => error.path.length > 0));
      if (branch !== undefined) return flattenIssues(branch, path, unknowns);
    }
    return [{ path, message: issue.message }];
  });
}
