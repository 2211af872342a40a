import { z } from 'zod';
import { writeVersion } from '../test/support/write-version.ts';
import type { Call, Client, Sample } from './load.ts';
import { mixedSet, plainSet } from './policies.ts';
import type { Server } from './server.ts';
import { percentiles, rate, ratio, table, whole } from './tables.ts';

const COUNTS = [10, 100, 1_000, 10_000, 50_000] as const;

/** How a decision is made. What takes turns is compared fairly; whole sets would be prepared anew each time. */
const WAYS = [
  { name: 'sliced', how: 'sliced', set: 'plain', turns: true },
  { name: 'sliced, seen before', how: 'sliced-seen', set: 'plain', turns: true },
  { name: 'sliced, mixed set', how: 'sliced', set: 'mixed', turns: true },
  { name: 'whole set, prepared', how: 'prepared', set: 'plain', turns: false },
  { name: 'whole set, as text', how: 'text', set: 'plain', turns: false },
  { name: 'casbin', how: 'casbin', set: 'plain', turns: true },
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
  const measure = async (sizes: readonly Size[]): Promise<void> => {
    for (let round = 0; round < rounds; round += 1)
      for (const { call, slow, decisions, taken } of sizes) {
        if (!slow) await client.load(call, (seconds * 1_000) / 3);
        const sample = await client.load(call, seconds * 1_000, slow ? 1 : undefined);
        taken.push({ ...sample, perSecond: sample.perSecond * decisions });
      }
  };
  const rows: string[][] = [];
  for (const way of WAYS) {
    process.stderr.write(`${way.name}\n`);
    const sizes: Size[] = [];
    for (const count of COUNTS) {
      const size = await sizeOf(client, way, count);
      sizes.push(size);
      if (!way.turns) await measure([size]);
    }
    if (way.turns) await measure(sizes);
    const fewest = sizes[0]?.taken ?? [];
    for (const { count, decisions, taken } of sizes)
      rows.push([
        way.name,
        whole(count),
        rate(taken) < 10 ? rate(taken).toPrecision(2) : whole(rate(taken)),
        ratio(taken, fewest),
        String(decisions),
        ...percentiles(taken),
      ]);
  }
  return table(
    ['How', 'Policies', 'Decisions/s', 'Ratio to 10 policies', 'Decisions a request', 'p50 ms', 'p99 ms'],
    rows,
  );
}

/** A set of one size, and what asks it. */
interface Size {
  readonly count: number;
  readonly call: Call;
  readonly slow: boolean;
  readonly decisions: number;
  readonly taken: Sample[];
}

async function sizeOf(
  client: Client,
  { name, how, set }: (typeof WAYS)[number],
  count: number,
): Promise<Size> {
  const callOf = (decisions: number): Call => ({
    method: 'POST',
    path: `/bench/decide?how=${how}&set=${set}-${count}&policies=${count}&count=${decisions}`,
  });
  // The first reads and prepares, the fastest of the others tells how long one takes.
  const { allowed } = AnswerSchema.parse(JSON.parse(await client.send(callOf(1))));
  if (allowed !== 1) throw new Error(`${name} denies what ${count} policies permit.`);
  const times: number[] = [];
  for (let probe = 0; probe < 4; probe += 1) {
    const start = performance.now();
    await client.send(callOf(1));
    times.push(performance.now() - start);
  }
  const slow = Math.min(...times) > SLOW;
  const decisions = slow ? 1 : FAST;
  return { count, call: callOf(decisions), slow, decisions, taken: [] };
}
