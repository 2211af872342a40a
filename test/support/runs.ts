import { inject } from 'vitest';

/**
 * The number of runs of a property that takes seconds: all of them in CI (`RUNS=all npm test`), and a
 * quarter of them otherwise. The seed is another one each time, so what one run does not come upon, another may.
 */
export function runs(all: number): { readonly numRuns: number } {
  return { numRuns: inject('allRuns') ? all : Math.ceil(all / 4) };
}
