/**
 * Measures the API on workerd and prints Markdown tables (docs/performance.md). It judges nothing: numbers
 * differ between machines and runs. It fails only when an answer is wrong, as its time would mean nothing.
 * @module
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { writeVersion } from '../test/support/write-version.ts';
import { type Call, Client, type Sample } from './load.ts';
import { PRINCIPAL, versionOf } from './policies.ts';
import { startServer } from './server.ts';

/** Decisions in one request of the second table: enough that the decisions outweigh the request. */
const OVERRIDES = 20;
const POLICY_COUNTS = [10, 100, 1_000, 10_000] as const;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
  },
});
const rounds = z.coerce.number().int().min(1).parse(values.rounds);
const seconds = z.coerce.number().positive().parse(values.seconds);

const example = readFileSync('examples/api-server.yaml', 'utf8');
const CONSTANT: Call = { method: 'GET', path: '/bench/constant' };
const ROUTES: readonly (readonly [name: string, call: Call])[] = [
  ['constant JSON', CONSTANT],
  ['`POST /authorize`, one override', askFor(1, 10)],
  ['`POST /compile`, JSON body', compileOf('application/json', JSON.stringify(parse(example)))],
  ['`POST /compile`, YAML body', compileOf('application/yaml', example)],
];
const DECISIONS = POLICY_COUNTS.map((count) => ({ count, call: askFor(OVERRIDES, count) }));

function compileOf(type: string, body: string): Call {
  return { method: 'POST', path: '/compile?policySet=bench-10', type, body };
}

function askFor(overrides: number, policies: number): Call {
  return {
    method: 'POST',
    path: `/authorize?policySet=bench-${policies}`,
    type: 'application/json',
    body: JSON.stringify({
      principal: PRINCIPAL,
      overrides: Array.from({ length: overrides }, (_, index) => `allowedBinary:/usr/bin/tool-${index}`),
    }),
  };
}

const AllowedSchema = z.object({
  decision: z.literal('allow'),
  decisions: z.array(z.object({ decision: z.literal('allow') })).length(OVERRIDES),
});

const server = await startServer();
const client = new Client(server.url);
try {
  for (const count of POLICY_COUNTS)
    await writeVersion(server.bindings.POLICY_SETS, `bench-${count}`, 1, versionOf(count));
  // Nothing of starting the Worker is to count as reading the first set.
  await client.send(CONSTANT);
  const firstAnswers = new Map<Call, number>();
  for (const { call } of DECISIONS) {
    const start = performance.now();
    const answer = await client.send(call);
    firstAnswers.set(call, performance.now() - start);
    AllowedSchema.parse(JSON.parse(answer));
  }
  const samples = await measure([...ROUTES.map(([, call]) => call), ...DECISIONS.map(({ call }) => call)]);
  process.stdout.write(`${routeTable(samples)}\n${decisionTable(samples, firstAnswers)}`);
} finally {
  client.close();
  await server.stop();
}

/** Takes a sample of every call in every round, so that a busy moment of the machine hits all alike. */
async function measure(calls: readonly Call[]): Promise<Map<Call, Sample[]>> {
  const samples = new Map(calls.map((call): [Call, Sample[]] => [call, []]));
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`Round ${round} of ${rounds}\n`);
    for (const [call, taken] of samples) {
      await client.load(call, (seconds * 1_000) / 3);
      taken.push(await client.load(call, seconds * 1_000));
    }
  }
  return samples;
}

function routeTable(samples: ReadonlyMap<Call, readonly Sample[]>): string {
  return table(
    ['Route', 'Requests/s', 'p50 ms', 'p99 ms', 'Ratio to constant'],
    ROUTES.map(([name, call]) => {
      const taken = samples.get(call) ?? [];
      return [name, whole(rate(taken)), ...percentiles(taken), ratio(taken, samples.get(CONSTANT) ?? [])];
    }),
  );
}

function decisionTable(
  samples: ReadonlyMap<Call, readonly Sample[]>,
  firstAnswers: ReadonlyMap<Call, number>,
): string {
  const [fewest] = DECISIONS.map(({ call }) => samples.get(call) ?? []);
  return table(
    ['Policies', 'Decisions/s', 'p50 ms', 'p99 ms', 'Ratio to 10 policies', 'First answer ms'],
    DECISIONS.map(({ count, call }) => {
      const taken = samples.get(call) ?? [];
      return [
        whole(count),
        whole(rate(taken) * OVERRIDES),
        ...percentiles(taken),
        ratio(taken, fewest ?? []),
        whole(firstAnswers.get(call) ?? Number.NaN),
      ];
    }),
  );
}

function rate(taken: readonly Sample[]): number {
  return quantile(
    taken.map(({ perSecond }) => perSecond),
    0.5,
  );
}

/** The median over rounds of the ratio within a round, which is steadier than the ratio of two medians. */
function ratio(taken: readonly Sample[], base: readonly Sample[]): string {
  const ratios = taken.map(({ perSecond }, round) => perSecond / (base[round]?.perSecond ?? Number.NaN));
  return quantile(ratios, 0.5).toPrecision(2);
}

function percentiles(taken: readonly Sample[]): string[] {
  const latencies = taken.flatMap((sample) => sample.latencies);
  return [quantile(latencies, 0.5).toFixed(1), quantile(latencies, 0.99).toFixed(1)];
}

/** The value that this share of the values does not exceed. */
function quantile(given: readonly number[], share: number): number {
  const sorted = given.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '',
  );
}
