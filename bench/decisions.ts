import { z } from 'zod';
import { writeVersion } from '../test/support/write-version.ts';
import type { Call, Client, Sample } from './load.ts';
import { mixedSet, plainSet } from './policies.ts';
import type { Server } from './server.ts';
import { percentiles, rate, ratio, table, whole } from './tables.ts';

const COUNTS = [10, 100, 1_000, 10_000, 50_000] as const;

/** How a decision is made; the slow ones are asked for fewer at a time. */
const WAYS = [
  { name: 'sliced', how: 'sliced', set: 'plain' },
  { name: 'sliced, seen before', how: 'sliced-seen', set: 'plain' },
  { name: 'sliced, mixed set', how: 'sliced', set: 'mixed' },
  { name: 'whole set, prepared', how: 'prepared', set: 'plain' },
  { name: 'whole set, as text', how: 'text', set: 'plain' },
  { name: 'casbin', how: 'casbin', set: 'plain' },
] as const;

/** Decisions of one request: so many that they outweigh the request, where they are fast. */
const FAST = 20;
/** From how many milliseconds on a decision is slow. */
const SLOW = 5;

const AnswerSchema = z.object({ allowed: z.int() });

/** Decisions per second by sets of each size, and by what else could make them. */
export async function measureDecisions(
  server: Server,
  client: Client,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<string> {
  for (const count of COUNTS) {
    process.stderr.write(`Writing sets of ${count} policies\n`);
    await writeVersion(server.bindings.POLICY_SETS, `plain-${count}`, 1, plainSet(count));
    await writeVersion(server.bindings.POLICY_SETS, `mixed-${count}`, 1, mixedSet(count));
  }
  const rows: string[][] = [];
  for (const { name, how, set } of WAYS) {
    let fewest: readonly Sample[] | undefined;
    for (const count of COUNTS) {
      process.stderr.write(`${name}, ${count} policies\n`);
      const callOf = (decisions: number): Call => ({
        method: 'POST',
        path: `/bench/decide?how=${how}&set=${set}-${count}&policies=${count}&count=${decisions}`,
      });
      // The first reads and prepares, the second tells how long one takes.
      const allowed = AnswerSchema.parse(JSON.parse(await client.send(callOf(1)))).allowed;
      if (allowed !== 1) throw new Error(`${name} denies what ${count} policies permit.`);
      const start = performance.now();
      await client.send(callOf(1));
      const slow = performance.now() - start > SLOW;
      const decisions = slow ? 1 : FAST;
      const taken: Sample[] = [];
      for (let round = 0; round < rounds; round += 1) {
        if (!slow) await client.load(callOf(decisions), (seconds * 1_000) / 3);
        const sample = await client.load(callOf(decisions), seconds * 1_000, slow ? 1 : undefined);
        taken.push({ ...sample, perSecond: sample.perSecond * decisions });
      }
      fewest ??= taken;
      rows.push([
        name,
        whole(count),
        rate(taken) < 10 ? rate(taken).toPrecision(2) : whole(rate(taken)),
        ratio(taken, fewest),
        String(decisions),
        ...percentiles(taken),
      ]);
    }
  }
  return table(
    ['How', 'Policies', 'Decisions/s', 'Ratio to 10 policies', 'Decisions a request', 'p50 ms', 'p99 ms'],
    rows,
  );
}
