import { z } from 'zod';
import { termsOfText } from '../src/cedar/slicing/policy-source.ts';
import { writeVersion } from '../test/support/write-version.ts';
import { JSON_TYPE, post } from './bodies.ts';
import { LoadClient } from './load-client.ts';
import { type Bench, present, say } from './section.ts';
import { type Server, startServer } from './server.ts';
import { overrideOf, PRINCIPAL, rotatedSet } from './sets/plain-set.ts';
import type { Table } from './tables.ts';
import { WorkerHeap } from './worker-heap.ts';

const SETS = 50;
const POLICIES = 10_000;
const ROUNDS = 2;

/**
 * The limit of V8's heap in MiB: half of the memory that a Worker may have. Without a limit, V8 does not collect garbage,
 * and the memory that is needed could not be told from the memory that is not.
 */
const HEAP_LIMIT = 64;

const WasmMemorySchema = z.object({ bytes: z.number() });

/** The memory of the server at one time. */
interface Usage {
  /** Objects of JavaScript with garbage, in bytes. */
  readonly usedSize: number;
  /** The heap of JavaScript, in bytes. */
  readonly totalSize: number;
  /** Buffers, in bytes. */
  readonly backingStorageSize: number;
  /** The memory of Cedar's WebAssembly, in bytes. */
  readonly wasm: number;
  /** Heap, buffers and WebAssembly together, in bytes. */
  readonly sum: number;
  /** The peak of the whole process, in MiB. */
  readonly process: number;
}

/** Measures how much memory the Worker takes while policy sets take turns. @returns Its table. */
export async function measureMemory(bench: Bench): Promise<Table[]> {
  const server = await startServer(present(bench).build, { v8Flags: `--max-heap-size=${HEAP_LIMIT}` });
  const client = new LoadClient(server.url);
  const heap = await WorkerHeap.of(server.inspector);
  try {
    say(`Writing ${SETS} sets of ${POLICIES} policies`);
    await writeSets(server);
    const atStart = await usageOf(heap, server, client);
    let most = atStart;
    for (let turn = 0; turn < ROUNDS * SETS; turn += 1) {
      const overrides = Array.from({ length: 10 }, (_, index) => overrideOf(turn * 10 + index).id);
      const body = JSON.stringify({ principal: PRINCIPAL, overrides });
      await client.send(post(`/authorize?policySet=set-${turn % SETS}`, JSON_TYPE, body));
      most = higher(most, await usageOf(heap, server, client));
    }
    return [tableOf(atStart, most)];
  } finally {
    heap.close();
    client.close();
    await server.stop();
  }
}

/** Writes the sets. They differ in a reason only, so the terms of the first one are right for all of them. */
async function writeSets({ bindings }: Server): Promise<void> {
  const terms = new Map(
    Object.entries(rotatedSet(POLICIES, 0).policies).map(([id, text]) => [id, termsOfText(text)]),
  );
  for (let set = 0; set < SETS; set += 1)
    await writeVersion(bindings.POLICY_SETS, `set-${set}`, 1, rotatedSet(POLICIES, set), terms);
}

async function usageOf(heap: WorkerHeap, server: Server, client: LoadClient): Promise<Usage> {
  const { usedSize, totalSize, backingStorageSize } = await heap.usage();
  const answer = await client.send({ method: 'GET', path: '/reference/wasm-memory' });
  const { bytes: wasm } = WasmMemorySchema.parse(JSON.parse(answer));
  const sum = totalSize + backingStorageSize + wasm;
  return { usedSize, totalSize, backingStorageSize, wasm, sum, process: server.process.peakMemory() };
}

/** The higher value of each kind. */
function higher(one: Usage, other: Usage): Usage {
  return {
    usedSize: Math.max(one.usedSize, other.usedSize),
    totalSize: Math.max(one.totalSize, other.totalSize),
    backingStorageSize: Math.max(one.backingStorageSize, other.backingStorageSize),
    wasm: Math.max(one.wasm, other.wasm),
    sum: Math.max(one.sum, other.sum),
    process: Math.max(one.process, other.process),
  };
}

function tableOf(atStart: Usage, most: Usage): Table {
  const mebibytes = (bytes: number): string => (bytes / 1_048_576).toFixed(0);
  const row = (name: string, kind: 'usedSize' | 'totalSize' | 'backingStorageSize' | 'wasm'): string[] => [
    name,
    mebibytes(atStart[kind]),
    mebibytes(most[kind]),
  ];
  return {
    head: ['MiB', 'At the start', `The most in ${ROUNDS} rounds of ${SETS} sets`],
    rows: [
      row('JavaScript objects, garbage included', 'usedSize'),
      row('JavaScript heap', 'totalSize'),
      row('Bytes of versions and other buffers', 'backingStorageSize'),
      row("Cedar's wasm", 'wasm'),
      ['**Heap, buffers and wasm at one time**', '', `**${mebibytes(most.sum)}**`],
      ['Process of workerd, with KV and all else', atStart.process.toFixed(0), most.process.toFixed(0)],
    ],
  };
}
