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
/** The name of a section. The peers are measured only when they are asked for. */
export type SectionName = (typeof SECTIONS)[number] | 'peers';

/** What `npm run bench -- --help` prints. */
export const HELP = `Usage: npm run bench -- [options]

Measures the Worker on workerd, and prints Markdown tables. It needs Linux.

  --only <sections>     Only these, separated by commas: ${SECTIONS.join(', ')}
  --rows <text>         Of requests, decisions and conditions only the rows whose name contains this.
  --before <checkout>   Measure another checkout of Tracewright too, which has its node_modules. Its Worker
                        and this one take turns in every round, and the tables show both.
  --peers               Measure decisions of Cerbos (installed from npm into a temporary folder), of OPA where OPA_BIN
                        names its program, and of casbin and Cedar with the whole set. Without --only, nothing else.
  --tiny                Measure tiny sets in one short round: to see whether everything works.
  --write <page>        Put the tables into a Markdown page, in place of those with the same first heading.
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
  /** The page that the tables are put into. */
  readonly page: string | undefined;
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
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      tiny: { type: 'boolean', default: false },
      write: { type: 'string' },
      only: { type: 'string' },
      peers: { type: 'boolean', default: false },
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
    only: [
      ...sectionsOf(values.only ?? (values.peers ? '' : SECTIONS.join(','))),
      ...(values.peers ? ['peers' as const] : []),
    ],
    before,
    page: values.write,
    effort: {
      rounds: z.coerce
        .number()
        .int()
        .min(1)
        .parse(values.rounds ?? (values.tiny ? 1 : 9)),
      seconds: z.coerce
        .number()
        .positive()
        .parse(values.seconds ?? (values.tiny ? 0.01 : 0.4)),
      unprepared: values.tiny,
      counts: values.tiny ? [10, 20] : [10, 1_000, 10_000],
      rows: values.rows,
    },
    differential: z.coerce.number().int().min(0).parse(values.differential),
    help: values.help,
  };
}

function sectionsOf(names: string): (typeof SECTIONS)[number][] {
  return z.array(z.enum(SECTIONS)).parse(names.split(',').filter((name) => name !== ''));
}
