import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { writeVersion } from '../test/support/write-version.ts';
import { overrideOf, PRINCIPAL, plainSet } from './example-sets.ts';
import type { Call, Calls, Effort, LoadClient, Sample } from './load-client.ts';
import type { Server } from './server.ts';
import { cpuTime } from './server-process.ts';
import { median, percentiles, rate, ratio, table, whole } from './tables.ts';

const example = readFileSync('examples/api-server.yaml', 'utf8');
const json = JSON.stringify(parse(example));

const ECHO: Calls = post('/bench/echo', json);

/** What is measured. The echo is what all others are compared with. */
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
  ['`POST /compile`, JSON, each time another image', compileNewImages()],
  ['`POST /compile`, YAML', { ...post('/compile?policySet=bench', example), type: 'application/yaml' }],
];

/** Compiles the same service with another image each time, as after a build. */
function compileNewImages(): () => Call {
  let requests = 0;
  return () =>
    post('/compile?policySet=bench', json.replace('api-server:latest', `api-server:${requests++}`));
}

function post(path: string, body: string): Call {
  return { method: 'POST', path, type: 'application/json', body };
}

/** Measures requests per second of whole operations, and the CPU time that they cost the server. @returns A Markdown table. */
export async function measureRoutes(
  server: Server,
  client: LoadClient,
  { rounds, seconds }: Effort,
): Promise<string> {
  await writeVersion(server.bindings.POLICY_SETS, 'bench', 1, plainSet(10));
  const samples = new Map(ROUTES.map(([, calls]): [Calls, (Sample & { cpu: number })[]] => [calls, []]));
  // Each round measures all of them, so that a busy moment of the machine affects them alike.
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
