import { z } from 'zod';
import { termsOfText } from '../src/cedar/slicing/policy-source.ts';
import { writeVersion } from '../test/support/write-version.ts';
import { Heap } from './heap.ts';
import { Client } from './load.ts';
import { rotatedSet } from './policies.ts';
import { peakMemory } from './process.ts';
import { startServer } from './server.ts';
import { table } from './tables.ts';

const SETS = 50;
const POLICIES = 10_000;
const ROUNDS = 2;

/**
 * What V8 is held to, in MiB: half of what a Worker has. Without a limit it lets garbage lie, and what is
 * needed could not be told from what is not.
 */
const HEAP = 64;

const MemorySchema = z.object({ bytes: z.number() });

/** How much memory the Worker takes while sets take turns. */
export async function measureMemory(): Promise<string> {
  const server = await startServer(`--max-heap-size=${HEAP}`);
  const client = new Client(server.url);
  const heap = await Heap.of(server.inspector);
  try {
    process.stderr.write(`Writing ${SETS} sets of ${POLICIES} policies\n`);
    const terms = new Map(
      Object.entries(rotatedSet(POLICIES, 0).policies).map(([id, text]) => [id, termsOfText(text)]),
    );
    for (let set = 0; set < SETS; set += 1)
      await writeVersion(server.bindings.POLICY_SETS, `set-${set}`, 1, rotatedSet(POLICIES, set), terms);
    const wasm = async (): Promise<number> =>
      MemorySchema.parse(JSON.parse(await client.send({ method: 'GET', path: '/bench/wasm-memory' }))).bytes;
    const atStart = { ...(await heap.usage()), wasm: await wasm(), process: peakMemory() };
    const most = { ...atStart };
    let sum = 0;
    for (let turn = 0; turn < ROUNDS * SETS; turn += 1) {
      const path = `/bench/decide?how=sliced&set=set-${turn % SETS}&policies=${POLICIES}&count=10`;
      await client.send({ method: 'POST', path });
      const { usedSize, totalSize, backingStorageSize } = await heap.usage();
      most.usedSize = Math.max(most.usedSize, usedSize);
      most.totalSize = Math.max(most.totalSize, totalSize);
      most.backingStorageSize = Math.max(most.backingStorageSize, backingStorageSize);
      most.wasm = Math.max(most.wasm, await wasm());
      sum = Math.max(sum, totalSize + backingStorageSize + (await wasm()));
    }
    most.process = peakMemory();
    const mebibytes = (bytes: number): string => (bytes / 1_048_576).toFixed(0);
    const row = (name: string, key: 'usedSize' | 'totalSize' | 'backingStorageSize' | 'wasm'): string[] => [
      name,
      mebibytes(atStart[key]),
      mebibytes(most[key]),
    ];
    return table(
      ['MiB', 'At the start', `The most in ${ROUNDS} rounds of ${SETS} sets`],
      [
        row('JavaScript objects, garbage included', 'usedSize'),
        row('JavaScript heap', 'totalSize'),
        row('Bytes of versions and other buffers', 'backingStorageSize'),
        row("Cedar's wasm", 'wasm'),
        ['**Heap, buffers and wasm at one time**', '', `**${mebibytes(sum)}**`],
        ['Process of workerd, with KV and all else', atStart.process.toFixed(0), most.process.toFixed(0)],
      ],
    );
  } finally {
    heap.close();
    client.close();
    await server.stop();
  }
}
