import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadClient } from './load-client.ts';
import { askFor } from './measure-decisions.ts';
import { publishSet } from './publish-set.ts';
import { type Bench, say } from './section.ts';
import { startServer } from './server.ts';
import { ASKED, namespaceSet } from './sets/namespace-set.ts';
import { median } from './statistics.ts';
import { type Subject, startTarget } from './subject.ts';
import { type FigureRow, figureTable, type Table, whole } from './tables.ts';

/** The most runs; there are no more than rounds. */
const MOST_RUNS = 5;

/**
 * A flag that makes V8 keep the code of WebAssembly that is not optimized. workerd has V8 throw it away whenever it makes
 * another isolate, and it makes the isolate of the local KV after that of the Worker. So, without the flag, a first request
 * has to compile Cedar again, which was compiled when the Worker started.
 */
const KEEP_CODE = '--no-flush-liftoff-code';

/** The first decision by a set, of which nothing is in memory. */
const FIRST = ['bench'] as const;
/** The first decision by a further set. */
const FURTHER = ['other', 'bench'] as const;

/** What is measured of a set of each size. */
const FIRSTS = [
  { name: 'the first decision', sets: FIRST, v8Flags: KEEP_CODE },
  { name: 'the first decision, with Cedar compiled again', sets: FIRST, v8Flags: '' },
  { name: 'the first decision by a further set', sets: FURTHER, v8Flags: '' },
] as const;

/** Measures what the first decision of a new isolate costs, when nothing is in memory. @returns Its table. */
export async function measureColdStart(bench: Bench): Promise<Table[]> {
  const names: string[] = [];
  for (const count of bench.effort.counts) {
    say(`Cold starts with ${count} policies`);
    for (const { name, subject, times } of await timesOf(bench, count)) {
      const row = `${name}, ${whole(count)} policies`;
      bench.figures.set(row, subject, median(times));
      if (!names.includes(row)) names.push(row);
    }
  }
  const rows = names.map((name): FigureRow => ({ name, of: (subject) => bench.figures.get(name, subject) }));
  return [figureTable('In a new isolate', 'CPU ms', rows, bench.subjects)];
}

/** The times of each way to decide first, for each subject. */
async function timesOf({ subjects, effort }: Bench, count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tracewright-bench-cold-'));
  try {
    const stored = subjects.map((subject) => ({ subject, state: join(folder, subject.name) }));
    for (const { subject, state } of stored) await store(subject, state, count);
    const taken = FIRSTS.flatMap((first) =>
      stored.map((each) => ({ ...first, ...each, times: Array.of<number>() })),
    );
    for (let run = 0; run < Math.min(effort.rounds, MOST_RUNS); run += 1)
      for (const { subject, state, sets, v8Flags, times } of taken)
        times.push(await timeLast(subject, state, count, sets, v8Flags));
    return taken.map(({ name, subject, times }) => ({ name, subject: subject.name, times }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Publishes the sets into a folder. */
async function store(subject: Subject, state: string, count: number): Promise<void> {
  const target = await startTarget(subject, state);
  try {
    await publishSet(target, 'bench', namespaceSet(count));
    await publishSet(target, 'other', namespaceSet(11));
  } finally {
    await target.stop();
  }
}

/** The CPU time that the main thread of a new server takes for the last of some decisions, in milliseconds. */
async function timeLast(
  { build }: Subject,
  state: string,
  count: number,
  sets: readonly string[],
  v8Flags: string,
): Promise<number> {
  const server = await startServer(build, { state, v8Flags });
  const client = new LoadClient(server.url);
  try {
    // After this, the isolate exists and Cedar's WebAssembly is instantiated.
    await client.send({ method: 'GET', path: '/reference/constant' });
    let before = server.process.mainThreadTime();
    for (const [number, set] of sets.entries()) {
      before = server.process.mainThreadTime();
      await client.send(askFor(set, number, set === 'bench' ? count : 11, [ASKED]));
    }
    return (server.process.mainThreadTime() - before) / 1_000;
  } finally {
    client.close();
    await server.stop();
  }
}
