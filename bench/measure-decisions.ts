import { z } from 'zod';
import { writeVersion } from '../test/support/write-version.ts';
import { mixedSet, plainSet } from './example-sets.ts';
import type { Call, Effort, LoadClient, Sample } from './load-client.ts';
import type { Server } from './server.ts';
import { percentiles, rate, ratio, table, whole } from './tables.ts';

const COUNTS = [10, 100, 1_000, 10_000, 50_000] as const;

/**
 * The ways to decide. Where sizes take turns, a busy moment of the machine affects all of them alike. Whole sets do not
 * take turns, because each turn would have to prepare the set again.
 */
const WAYS = [
  { name: 'sliced', how: 'sliced', set: 'plain', turns: true },
  { name: 'sliced, seen before', how: 'sliced-seen', set: 'plain', turns: true },
  { name: 'sliced, mixed set', how: 'sliced', set: 'mixed', turns: true },
  { name: 'whole set, prepared', how: 'prepared', set: 'plain', turns: false },
  { name: 'whole set, as text', how: 'text', set: 'plain', turns: false },
  { name: 'casbin', how: 'casbin', set: 'plain', turns: true },
] as const;

/** How many fast decisions one request asks for: so many that they outweigh the request itself. */
const FAST = 20;
/** A decision that takes more milliseconds than this is slow. */
const SLOW = 5;

const AnswerSchema = z.object({ allowed: z.int() });

/**
 * Measures decisions per second by policy sets of each size, in each way to decide.
 *
 * @returns A Markdown table.
 */
export async function measureDecisions(server: Server, client: LoadClient, effort: Effort): Promise<string> {
  for (const count of COUNTS) {
    process.stderr.write(`Writing sets of ${count} policies\n`);
    await writeVersion(server.bindings.POLICY_SETS, `plain-${count}`, 1, plainSet(count));
    await writeVersion(server.bindings.POLICY_SETS, `mixed-${count}`, 1, mixedSet(count));
  }
  const rows: string[][] = [];
  for (const way of WAYS) {
    process.stderr.write(`${way.name}\n`);
    const sizes: Size[] = [];
    for (const count of COUNTS) {
      const size = await sizeOf(client, way, count);
      sizes.push(size);
      if (!way.turns) await measureSizes(client, [size], effort);
    }
    if (way.turns) await measureSizes(client, sizes, effort);
    rows.push(...rowsOf(way.name, sizes));
  }
  return table(
    ['How', 'Policies', 'Decisions/s', 'Ratio to 10 policies', 'Decisions a request', 'p50 ms', 'p99 ms'],
    rows,
  );
}

/** Measures each size once in every round. Slow decisions are measured one at a time, without a warm-up. */
async function measureSizes(
  client: LoadClient,
  sizes: readonly Size[],
  { rounds, seconds }: Effort,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1)
    for (const { call, slow, decisions, taken } of sizes) {
      if (!slow) await client.load(call, (seconds * 1_000) / 3);
      const sample = await client.load(call, seconds * 1_000, slow ? 1 : undefined);
      taken.push({ ...sample, perSecond: sample.perSecond * decisions });
    }
}

function rowsOf(name: string, sizes: readonly Size[]): string[][] {
  const fewest = sizes[0]?.taken ?? [];
  return sizes.map(({ count, decisions, taken }) => [
    name,
    whole(count),
    rate(taken) < 10 ? rate(taken).toPrecision(2) : whole(rate(taken)),
    ratio(taken, fewest),
    String(decisions),
    ...percentiles(taken),
  ]);
}

/** A policy set of one size, and the request that is measured on it. */
interface Size {
  readonly count: number;
  readonly call: Call;
  readonly slow: boolean;
  readonly decisions: number;
  readonly taken: Sample[];
}

async function sizeOf(
  client: LoadClient,
  { name, how, set }: (typeof WAYS)[number],
  count: number,
): Promise<Size> {
  const callOf = (decisions: number): Call => ({
    method: 'POST',
    path: `/bench/decide?how=${how}&set=${set}-${count}&policies=${count}&count=${decisions}`,
  });
  // The first request reads and prepares the set. The fastest of those after it tells how long a decision takes.
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
