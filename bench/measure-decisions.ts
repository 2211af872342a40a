import { JSON_TYPE, post } from './bodies.ts';
import { cpuOf, interleave, type Row } from './interleave.ts';
import type { Call } from './load-client.ts';
import { BATCH, BATCH_OVERRIDES } from './peers/peer.ts';
import { publishSet } from './publish-set.ts';
import { type Bench, say, withTargets } from './section.ts';
import { ASKED, askerOf, namespaceSet } from './sets/namespace-set.ts';
import { measurementTable, type Table, whole } from './tables.ts';

/** The request that asks for overrides of a workload. */
export function askFor(set: string, number: number, policies: number, overrides: readonly string[]): Call {
  const body = JSON.stringify({ principal: askerOf(number, policies), overrides });
  return post(`/authorize?policySet=${set}`, JSON_TYPE, body);
}

/** Measures decisions about services that nobody asked about before, by sets of several sizes. @returns Their table. */
export async function measureDecisions(bench: Bench): Promise<Table[]> {
  const { counts } = bench.effort;
  const rows = counts.flatMap((count): Row[] => {
    const set = `namespaces-${count}`;
    const asking = (overrides: readonly string[]) => () => {
      let number = 0;
      return () => askFor(set, number++, count, overrides);
    };
    return [
      { name: `one decision, a service never seen, ${whole(count)} policies`, calls: asking([ASKED]) },
      {
        name: `a decision in a batch of ${BATCH}, a service never seen, ${whole(count)} policies`,
        calls: asking(BATCH_OVERRIDES),
        each: BATCH,
      },
    ];
  });
  return withTargets(bench, async (targets) => {
    for (const target of targets)
      for (const count of counts) await publishSet(target, `namespaces-${count}`, namespaceSet(count));
    say(`Measuring ${rows.length} kinds of decisions`);
    const measurements = await interleave(rows, targets, bench.effort);
    for (const row of measurements.keys())
      for (const target of targets)
        bench.figures.set(row.name, target.subject, cpuOf(measurements, row, target));
    return [measurementTable(rows, measurements, targets, { head: '`POST /authorize`' })];
  });
}
