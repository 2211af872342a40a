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
import { short, table } from './tables.ts';

const COUNTS = [10, 1_000, 10_000] as const;
const RUNS = 5;

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

/** Measures what the first decision of a new isolate costs, when nothing is in memory. @returns A Markdown table. */
export async function measureColdStart({ subjects, figures }: Bench): Promise<string> {
  const rows: string[][] = [];
  for (const count of COUNTS) {
    say(`Cold starts with ${count} policies`);
    const folder = mkdtempSync(join(tmpdir(), 'tracewright-bench-cold-'));
    try {
      const stored = subjects.map((subject) => ({ subject, state: join(folder, subject.name) }));
      for (const { subject, state } of stored) await store(subject, state, count);
      const taken = stored.map((each) => ({ ...each, ...noTimes() }));
      for (let run = 0; run < RUNS; run += 1)
        for (const { subject, state, kept, again, further } of taken) {
          kept.push(await timeLast(subject, state, count, FIRST, KEEP_CODE));
          again.push(await timeLast(subject, state, count, FIRST));
          further.push(await timeLast(subject, state, count, FURTHER));
        }
      for (const { subject, kept, again, further } of taken) {
        figures.set(`first decision, ${count} policies`, subject.name, median(kept));
        rows.push([
          subjects.length === 1 ? String(count) : `${count}, ${subject.name}`,
          ...[kept, again, further].map((each) => short(median(each))),
        ]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return table(
    [
      'Policies',
      'First decision, CPU ms',
      'With Cedar compiled again, CPU ms',
      'First by a further set, CPU ms',
    ],
    rows,
  );
}

function noTimes(): { kept: number[]; again: number[]; further: number[] } {
  return { kept: [], again: [], further: [] };
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
  v8Flags = '',
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
