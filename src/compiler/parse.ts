import type { z } from 'zod';
import type { Path } from './pointer.ts';

/** What a value is by a schema, or everything that is wrong with it. */
export type Parsed<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly issues: readonly FlatIssue[] };

/**
 * Parses a value of a request. There can be so many issues that zod runs out of stack gathering them (it
 * passes them as the arguments of one call): that is one issue of the whole value, and no error of ours.
 */
export function parseValue<T extends z.ZodType>(schema: T, value: unknown): Parsed<z.output<T>> {
  try {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { ok: true, data: parsed.data };
    return { ok: false, issues: flattenIssues(parsed.error.issues) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, issues: [{ path: [], message: 'There are too many faults to list.' }] };
  }
}

/** One thing zod found, at the innermost value it can be pinned to. */
interface FlatIssue {
  readonly path: Path;
  readonly message: string;
}

/** Spells out unknown keys one by one, and picks the branch of a union that the value is shaped like. */
export function flattenIssues(issues: readonly z.core.$ZodIssue[], prefix: Path = []): FlatIssue[] {
  return issues.flatMap((issue): FlatIssue[] => {
    const path: Path = [
      ...prefix,
      ...issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step)),
    ];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `Unknown field ${JSON.stringify(key)}.`,
      }));
    }
    if (issue.code === 'invalid_union') {
      const branch = issue.errors.find((errors) => errors.every((error) => error.path.length > 0));
      if (branch !== undefined) return flattenIssues(branch, path);
    }
    return [{ path, message: issue.message }];
  });
}
