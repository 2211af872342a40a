import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Effort } from './interleave.ts';

/** The sections, in the order in which docs/performance.md has them. */
export const SECTIONS = [
  'requests',
  'decisions',
  'conditions',
  'publishing',
  'start',
  'cold',
  'memory',
  'learn',
  'bundles',
] as const;
/** The name of a section. */
export type SectionName = (typeof SECTIONS)[number];

/** What `npm run bench -- --help` prints. */
export const HELP = `Usage: npm run bench -- [options]

Measures the Worker on workerd, and prints Markdown tables. It needs Linux.

  --only <sections>     Only these, separated by commas: ${SECTIONS.join(', ')}
  --rows <text>         Of requests, decisions and conditions only the rows whose name contains this.
  --before <checkout>   Measure another checkout of Tracewright too, which has its node_modules. Its Worker
                        and this one take turns in every round, and the tables show both.
  --rounds <number>     How often each row is measured; 9
  --seconds <number>    How long it is measured each time, on each server; 0.4
  --differential <n>    Measure nothing. Compare so many decisions by the index with Cedar's by the whole set.
  --help                Print this.

CPU times are those of the server's process, as Linux counts them, and the median of the lower half of the rounds.
On a machine with other work to do, only the ratios of one run mean something.
`;

/** What was asked for. */
export interface Options {
  readonly only: readonly SectionName[];
  readonly before: string | undefined;
  readonly effort: Effort;
  /** How many requests are compared instead; 0 for none. */
  readonly differential: number;
  readonly help: boolean;
}

/** Reads the arguments. @throws Error for those that are not valid. */
export function readOptions(given: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...given],
    options: {
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '0.4' },
      only: { type: 'string', default: SECTIONS.join(',') },
      rows: { type: 'string', default: '' },
      before: { type: 'string' },
      differential: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  const { before } = values;
  if (before !== undefined && !existsSync(join(before, 'src/app.ts')))
    throw new Error(`${before} is no checkout of Tracewright: it has no src/app.ts.`);
  return {
    only: z.array(z.enum(SECTIONS)).parse(values.only.split(',').filter((name) => name !== '')),
    before,
    effort: {
      rounds: z.coerce.number().int().min(1).parse(values.rounds),
      seconds: z.coerce.number().positive().parse(values.seconds),
      rows: values.rows,
    },
    differential: z.coerce.number().int().min(0).parse(values.differential),
    help: values.help,
  };
}
