/**
 * Measures the Worker on workerd and prints Markdown tables: `npm run bench` (docs/performance.md). It does not judge the
 * numbers, because they differ between machines and runs. It fails only when an answer is wrong, because the time of a
 * wrong answer would mean nothing.
 * @module
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { compare, storedBasis, wideBasis } from '../test/support/differential.ts';
import { LoadClient } from './load-client.ts';
import { measureBundles } from './measure-bundles.ts';
import { measureColdStart } from './measure-cold-start.ts';
import { measureDecisions } from './measure-decisions.ts';
import { measureLearn } from './measure-learn.ts';
import { measureMemory } from './measure-memory.ts';
import { measureRoutes } from './measure-routes.ts';
import { startServer } from './server.ts';

const SECTIONS = ['routes', 'decisions', 'cold', 'memory', 'learn', 'bundles'] as const;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: SECTIONS.join(',') },
    differential: { type: 'string', default: '0' },
  },
});
const rounds = z.coerce.number().int().min(1).parse(values.rounds);
const seconds = z.coerce.number().positive().parse(values.seconds);
const requests = z.coerce.number().int().min(0).parse(values.differential);
const only = z.array(z.enum(SECTIONS)).parse(values.only.split(',').filter((name) => name !== ''));

const MEASURES: Readonly<Record<(typeof SECTIONS)[number], () => Promise<string>>> = {
  routes: () => withServer(measureRoutes),
  decisions: () => withServer(measureDecisions),
  cold: measureColdStart,
  memory: measureMemory,
  learn: measureLearn,
  bundles: measureBundles,
};

if (requests > 0) {
  // Compares instead of measuring. It throws when an answer differs from Cedar's with the whole set.
  for (const [name, makeBasis] of Object.entries({ storedBasis, wideBasis }))
    process.stdout.write(`${name}: ${JSON.stringify(await compare(requests, makeBasis, { most: 60 }))}\n`);
} else {
  for (const section of only) {
    process.stderr.write(`Measuring ${section}\n`);
    process.stdout.write(`${await MEASURES[section]()}\n`);
  }
}

async function withServer(measure: typeof measureRoutes): Promise<string> {
  const server = await startServer();
  const client = new LoadClient(server.url);
  try {
    return await measure(server, client, { rounds, seconds });
  } finally {
    client.close();
    await server.stop();
  }
}
