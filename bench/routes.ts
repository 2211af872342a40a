import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { writeVersion } from '../test/support/write-version.ts';
import type { Call, Calls, Client, Sample } from './load.ts';
import { overrideOf, PRINCIPAL, plainSet } from './policies.ts';
import { cpuTime } from './process.ts';
import type { Server } from './server.ts';
import { median, percentiles, rate, ratio, table, whole } from './tables.ts';

const example = readFileSync('examples/api-server.yaml', 'utf8');
const json = JSON.stringify(parse(example));
let requests = 0;

const ECHO: Calls = post('/bench/echo', json);
const ROUTES: readonly (readonly [name: string, calls: Calls])[] = [
  ['constant JSON', { method: 'GET', path: '/bench/constant' }],
  ['parse, check and echo', ECHO],
  [
    '`POST /authorize`, one override',
    post(
      '/authorize?policySet=bench',
      JSON.stringify({ principal: PRINCIPAL, overrides: [overrideOf(0).id] }),
    ),
  ],
  ['`POST /compile`, JSON', post('/compile?policySet=bench', json)],
  // As after a build: the same service with another image.
  [
    '`POST /compile`, JSON, each time another image',
    () => post('/compile?policySet=bench', json.replace('api-server:latest', `api-server:${requests++}`)),
  ],
  ['`POST /compile`, YAML', { ...post('/compile?policySet=bench', example), type: 'application/yaml' }],
];

function post(path: string, body: string): Call {
  return { method: 'POST', path, type: 'application/json', body };
}

/** Requests per second of whole operations, and what they cost the server. */
export async function measureRoutes(
  server: Server,
  client: Client,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<string> {
  await writeVersion(server.bindings.POLICY_SETS, 'bench', 1, plainSet(10));
  const samples = new Map(ROUTES.map(([, calls]): [Calls, (Sample & { cpu: number })[]] => [calls, []]));
  // In every round each of them, so that a busy moment of the machine hits all alike.
  for (let round = 0; round < rounds; round += 1) {
    for (const [calls, taken] of samples) {
      await client.load(calls, (seconds * 1_000) / 3);
      const before = cpuTime();
      const sample = await client.load(calls, seconds * 1_000);
      taken.push({ ...sample, cpu: (cpuTime() - before) / sample.latencies.length });
    }
  }
  const echo = samples.get(ECHO) ?? [];
  const cpuOf = (taken: readonly { readonly cpu: number }[]): number => median(taken.map(({ cpu }) => cpu));
  return table(
    ['Route', 'Requests/s', 'p50 ms', 'p99 ms', 'Ratio to echo', 'CPU µs', 'CPU ratio to echo'],
    ROUTES.map(([name, calls]) => {
      const taken = samples.get(calls) ?? [];
      return [
        name,
        whole(rate(taken)),
        ...percentiles(taken),
        ratio(taken, echo),
        whole(cpuOf(taken)),
        (cpuOf(echo) / cpuOf(taken)).toPrecision(2),
      ];
    }),
  );
}
