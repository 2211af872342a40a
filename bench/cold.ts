import { writeVersion } from '../test/support/write-version.ts';
import { type Call, Client } from './load.ts';
import { overrideOf, PRINCIPAL, plainSet } from './policies.ts';
import { mainThreadTime } from './process.ts';
import { startServer } from './server.ts';
import { median, table } from './tables.ts';

const COUNTS = [10, 1_000, 10_000] as const;
const RUNS = 3;

/**
 * workerd has V8 throw away the code of all WebAssembly in the process that is not optimized whenever it makes
 * another isolate, and the local KV is an isolate that it makes after the Worker's. So a first request has to
 * compile Cedar again that was compiled when the Worker started. This makes V8 keep it.
 */
const KEEP = '--no-flush-liftoff-code';

/** What the first request to a new isolate costs that finds nothing in memory. */
export async function measureColdStart(): Promise<string> {
  const rows: string[][] = [];
  for (const count of COUNTS) {
    process.stderr.write(`Cold starts with ${count} policies\n`);
    const taken = [
      await runs(count, [askBy('bench')], KEEP),
      await runs(count, [askBy('bench')]),
      await runs(count, [askBy('other'), askBy('bench')]),
    ];
    rows.push([String(count), ...taken.map((each) => each.toFixed(1))]);
  }
  return table(
    [
      'Policies',
      'First request, CPU ms',
      'With Cedar compiled again, CPU ms',
      'First by a further set, CPU ms',
    ],
    rows,
  );
}

/** The digests of the versions that there are. */
interface Digests {
  readonly bench: string;
  readonly other: string;
}

/** A decision by the API; the digest spares it the alias. */
function askBy(set: keyof Digests): (digests: Digests) => Call {
  return (digests) => ({
    method: 'POST',
    path: `/authorize?policySet=${set}&version=${digests[set]}`,
    type: 'application/json',
    body: JSON.stringify({ principal: PRINCIPAL, overrides: [overrideOf(0).id] }),
  });
}

/** The CPU time of the main thread for the last of some calls to a new server, in milliseconds: a median. */
async function runs(
  count: number,
  calls: readonly ((digests: Digests) => Call)[],
  v8Flags?: string,
): Promise<number> {
  const taken: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const server = await startServer(v8Flags);
    const client = new Client(server.url);
    try {
      const kv = server.bindings.POLICY_SETS;
      const { digest: bench } = await writeVersion(kv, 'bench', 1, plainSet(count));
      const { digest: other } = await writeVersion(kv, 'other', 1, plainSet(11));
      // The isolate is there, and Cedar's wasm is instantiated.
      await client.send({ method: 'GET', path: '/bench/constant' });
      let before = mainThreadTime();
      for (const call of calls) {
        before = mainThreadTime();
        await client.send(call({ bench, other }));
      }
      taken.push((mainThreadTime() - before) / 1_000);
    } finally {
      client.close();
      await server.stop();
    }
  }
  return median(taken);
}
