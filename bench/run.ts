/**
 * Measures the Worker on workerd and prints Markdown tables: `npm run bench` (docs/performance.md). It does not judge the
 * numbers, because they differ between machines and runs. It fails only when an answer is wrong, because the time of a
 * wrong answer would mean nothing.
 * @module
 */
import { compare, storedBasis, wideBasis } from '../test/support/differential.ts';
import { world } from '../test/support/policy-worlds.ts';
import { typedWorld } from '../test/support/typed-worlds.ts';
import { goalTable } from './goals.ts';
import { measureBundles } from './measure-bundles.ts';
import { measureColdStart } from './measure-cold-start.ts';
import { measureConditions } from './measure-conditions.ts';
import { measureDecisions } from './measure-decisions.ts';
import { measureLearn } from './measure-learn.ts';
import { measureMemory } from './measure-memory.ts';
import { measurePeers } from './measure-peers.ts';
import { measurePublishing } from './measure-publishing.ts';
import { measureRequests } from './measure-requests.ts';
import { measureStart } from './measure-start.ts';
import { HELP, type Options, readOptions, type SectionName } from './options.ts';
import { Figures, type Section, say } from './section.ts';
import { type Subject, subjectOf } from './subject.ts';
import { markdown, type Table } from './tables.ts';
import { writeTables } from './write-page.ts';

const MEASURES: Readonly<Record<SectionName, Section>> = {
  requests: measureRequests,
  decisions: measureDecisions,
  conditions: measureConditions,
  peers: measurePeers,
  publishing: measurePublishing,
  start: measureStart,
  cold: measureColdStart,
  memory: measureMemory,
  learn: measureLearn,
  bundles: measureBundles,
};

const options = readOptions(process.argv.slice(2));
if (options.help) process.stdout.write(HELP);
else if (options.differential > 0) await compareDecisions(options.differential);
else await measure(options);

/** Compares instead of measuring. It throws when an answer differs from Cedar's with the whole set. */
async function compareDecisions(requests: number): Promise<void> {
  for (const [kind, worlds] of Object.entries({ world, typedWorld }))
    for (const [name, makeBasis] of Object.entries({ storedBasis, wideBasis })) {
      const tally = await compare(requests, makeBasis, { most: 60, worlds });
      process.stdout.write(`${kind}, ${name}: ${JSON.stringify(tally)}\n`);
    }
}

async function measure({ only, before, page, effort }: Options): Promise<void> {
  const tables: Table[] = [];
  const subjects: Subject[] = [];
  try {
    say('Building');
    if (before !== undefined) subjects.push(subjectOf('before', before));
    subjects.push(subjectOf('now', '.'));
    const bench = { subjects, effort, figures: new Figures() };
    for (const section of only) {
      say(`Section ${section}`);
      for (const table of await MEASURES[section](bench)) {
        process.stdout.write(`${markdown(table)}\n`);
        tables.push(table);
      }
    }
    const goals = goalTable(bench);
    if (goals !== undefined) {
      process.stdout.write(markdown(goals));
      tables.push(goals);
    }
    if (page !== undefined) writeTables(page, tables);
  } finally {
    for (const { build } of subjects) build.remove();
  }
}
