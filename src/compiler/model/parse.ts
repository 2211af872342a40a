import { z } from 'zod';
import type { Path } from './pointer.ts';
import { inWords, unknownName } from './words.ts';

/** The value that a schema has made of another one, or everything that is wrong with that one. */
export type Parsed<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly issues: readonly FlatIssue[] };

/** Says what is wrong with a key that a schema does not know; undefined when there is nothing special to say. */
export type ExplainKey = (key: string, path: Path) => string | undefined;

/**
 * Parses a value of a request. Its issues have the words of `words.ts`.
 *
 * @param explain Says what is wrong with an unknown key, where there is something special to say.
 */
export function parseValue<T extends z.ZodType>(
  schema: T,
  value: unknown,
  explain: ExplainKey = () => undefined,
): Parsed<z.output<T>> {
  // The keys that a schema knows, by the list of unknown keys in the issue: zod's issues contain only the latter.
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
    // zod passes all issues as the arguments of one call, and so many of them can exhaust the stack.
    if (!(thrown instanceof RangeError)) throw thrown;
    return { ok: false, issues: [{ path: [], message: 'There are too many faults to list.' }] };
  }
}

/** One thing that is wrong, at the innermost value that it concerns. */
interface FlatIssue {
  readonly path: Path;
  readonly message: string;
}

/** What is known about unknown keys. */
interface Unknowns {
  readonly known: ReadonlyMap<unknown, readonly string[]>;
  readonly explain: ExplainKey;
}

/** Gives each unknown key an issue of its own, and picks the branch of a union whose shape the value has. */
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
