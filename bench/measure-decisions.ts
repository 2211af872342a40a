import { JSON_TYPE, post } from './bodies.ts';
import { cpuOf, interleave, type Row } from './interleave.ts';
import type { Call } from './load-client.ts';
import { publishSet } from './publish-set.ts';
import { type Bench, say, withTargets } from './section.ts';
import { ASKED, askerOf, namespaceSet } from './sets/namespace-set.ts';
import { measurementTable } from './tables.ts';

const COUNTS = [10, 1_000, 10_000] as const;
const BATCH = 100;

/** The overrides of a batch: the one that the set permits, and further binaries. */
const BATCH_OVERRIDES = Array.from({ length: BATCH }, (_, number) =>
  number === 0 ? ASKED : `allowedBinary:/opt/tool-${number}/bin/run`,
);

/** The request that asks for overrides of a workload. */
export function askFor(set: string, number: number, policies: number, overrides: readonly string[]): Call {
  const body = JSON.stringify({ principal: askerOf(number, policies), overrides });
  return post(`/authorize?policySet=${set}`, JSON_TYPE, body);
}

/** Measures decisions about services that nobody asked about before, by sets of several sizes. @returns A Markdown table. */
export async function measureDecisions(bench: Bench): Promise<string> {
  const rows = COUNTS.flatMap((count): Row[] => {
    const set = `namespaces-${count}`;
    const asking = (overrides: readonly string[]) => () => {
      let number = 0;
      return () => askFor(set, number++, count, overrides);
    };
    return [
      { name: `one decision, a service never seen, ${count} policies`, calls: asking([ASKED]) },
      {
        name: `a decision in a batch of ${BATCH}, a service never seen, ${count} policies`,
        calls: asking(BATCH_OVERRIDES),
        each: BATCH,
      },
    ];
  });
  return withTargets(bench, async (targets) => {
    for (const target of targets)
      for (const count of COUNTS) await publishSet(target, `namespaces-${count}`, namespaceSet(count));
    say(`Measuring ${rows.length} kinds of decisions`);
    const measurements = await interleave(rows, targets, bench.effort);
    for (const row of measurements.keys())
      for (const target of targets)
        bench.figures.set(row.name, target.subject, cpuOf(measurements, row, target));
    return measurementTable(rows, measurements, targets, { head: '`POST /authorize`', latencies: true });
  });
}
