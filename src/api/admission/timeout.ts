import { z } from 'zod';

/** How long the API server waits for a webhook by default and at most, in milliseconds. */
const DEFAULT_TIMEOUT = 10_000;
const LONGEST_TIMEOUT = 30_000;

/** The time that is kept for sending the answer, in milliseconds; at most a quarter of the timeout. */
const MARGIN = 1_000;

/** The units of Go's `time.Duration`, in milliseconds. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** The parameter `timeout`, which the API server adds to the URL of every webhook. */
export const TimeoutSchema = z
  .string()
  .max(64)
  .regex(/^(\d+(\.\d+)?(ns|us|µs|μs|ms|s|m|h))+$/, 'Expected a duration as Go writes it, such as 10s.')
  .optional()
  .meta({
    description:
      'How long the API server waits, which it adds to the URL itself. What is not decided by then is denied.',
    examples: ['10s'],
  });

/** The time within which a request must be answered after its arrival, in milliseconds. */
export function answerWithin(timeout: z.output<typeof TimeoutSchema>): number {
  let wait = timeout === undefined ? DEFAULT_TIMEOUT : 0;
  for (const [, count, unit = ''] of (timeout ?? '').matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g))
    wait += Number(count) * (UNITS[unit] ?? 0);
  wait = Math.min(wait, LONGEST_TIMEOUT);
  return wait - Math.min(MARGIN, wait / 4);
}

/**
 * Waits for a promise, at most for some milliseconds.
 *
 * @param instead Makes the result when the time is up. The result of the promise is dropped then.
 */
export async function inTime<T, L>(
  milliseconds: number,
  promise: Promise<T>,
  instead: () => L,
): Promise<T | L> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(milliseconds, 0));
  });
  const early = promise.then((value) => ({ value }));
  try {
    const first = await Promise.race([early, late]);
    return first === undefined ? instead() : first.value;
  } finally {
    clearTimeout(timer);
  }
}
