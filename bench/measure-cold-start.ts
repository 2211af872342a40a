import { writeVersion } from '../test/support/write-version.ts';
import { overrideOf, PRINCIPAL, plainSet } from './example-sets.ts';
import { type Call, LoadClient } from './load-client.ts';
import { startServer } from './server.ts';
import { mainThreadTime } from './server-process.ts';
import { median, table } from './tables.ts';

const COUNTS = [10, 1_000, 10_000] as const;
const RUNS = 3;

/**
 * A flag that makes V8 keep the code of WebAssembly that is not optimized. workerd has V8 throw it away whenever it makes
 * another isolate, and it makes the isolate of the local KV after that of the Worker. So, without the flag, a first request
 * has to compile Cedar again, which was compiled when the Worker started.
 */
const KEEP_CODE = '--no-flush-liftoff-code';

/** Measures what the first request to a new isolate costs, when nothing is in memory. @returns A Markdown table. */
export async function measureColdStart(): Promise<string> {
  const rows: string[][] = [];
  for (const count of COUNTS) {
    process.stderr.write(`Cold starts with ${count} policies\n`);
    const taken = [
      await timeLastCall(count, [askBy('bench')], KEEP_CODE),
      await timeLastCall(count, [askBy('bench')]),
      await timeLastCall(count, [askBy('other'), askBy('bench')]),
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

/** The digests of the versions that are stored, by their sets. */
interface Digests {
  readonly bench: string;
  readonly other: string;
}

/** A request for a decision. It names the digest of the version, so that the API need not read the alias. */
function askBy(set: keyof Digests): (digests: Digests) => Call {
  return (digests) => ({
    method: 'POST',
    path: `/authorize?policySet=${set}&version=${digests[set]}`,
    type: 'application/json',
    body: JSON.stringify({ principal: PRINCIPAL, overrides: [overrideOf(0).id] }),
  });
}

/** The CPU time that the main thread of a new server takes for the last of some calls, in milliseconds: a median. */
async function timeLastCall(
  count: number,
  calls: readonly ((digests: Digests) => Call)[],
  v8Flags?: string,
): Promise<number> {
  const taken: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const server = await startServer(v8Flags);
    const client = new LoadClient(server.url);
    try {
      const kv = server.bindings.POLICY_SETS;
      const { digest: bench } = await writeVersion(kv, 'bench', 1, plainSet(count));
      const { digest: other } = await writeVersion(kv, 'other', 1, plainSet(11));
      // After this, the isolate exists and Cedar's WebAssembly is instantiated.
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
