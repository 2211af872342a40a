import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { bundleDocuments, bundleText } from '../test/support/bundles.ts';
import { contentOf, writeVersion } from '../test/support/write-version.ts';
import type { Build } from './build.ts';
import { type Bench, present, say } from './section.ts';
import { type Server, startServer } from './server.ts';
import { median } from './statistics.ts';
import type { Table } from './tables.ts';
import { type HeapUsage, WorkerHeap } from './worker-heap.ts';

const MEBIBYTE = 1_048_576;

/** The bundles, by the text that is sent. A list in JSON takes twice the text of the same objects in YAML. */
const BUNDLES = [
  { mebibytes: 1, workloads: 30, form: 'YAML' },
  { mebibytes: 5, workloads: 150, form: 'YAML' },
  { mebibytes: 5, workloads: 150, form: 'YAML as gzip' },
  { mebibytes: 10, workloads: 150, form: 'JSON list' },
  { mebibytes: 10, workloads: 300, form: 'YAML' },
  { mebibytes: 16, workloads: 1_000, form: 'YAML' },
] as const;

/** The limit of V8's heap in MiB, which leaves room for what is not in it: a Worker may have 128 in all. */
const HEAP_LIMIT = 100;

/** How often each bundle is sent to a server of its own. */
const RUNS = 3;

/**
 * Measures `/compile` with bundles as Helm renders them, each on a server of its own, which has answered a small request
 * before.
 *
 * @returns Its table.
 */
export async function measureBundles(bench: Bench): Promise<Table[]> {
  const rows: string[][] = [];
  for (const bundle of BUNDLES) {
    say(`${bundle.mebibytes} MiB, ${bundle.workloads} workloads, ${bundle.form}`);
    rows.push(await measure(present(bench).build, bundle));
  }
  return [
    {
      head: [
        'Bundle',
        'Workloads',
        'CPU s, first',
        'CPU s, JSON',
        'CPU s, YAML',
        'CPU s, ndjson',
        'Heap after it, MiB',
        'Process beyond the start, MiB',
      ],
      rows,
    },
  ];
}

async function measure(
  build: Build,
  { mebibytes, workloads, form }: (typeof BUNDLES)[number],
): Promise<string[]> {
  const body = bodyOf(mebibytes, workloads, form);
  const server = await startServer(build, { v8Flags: `--max-heap-size=${HEAP_LIMIT}` });
  const heap = await WorkerHeap.of(server.inspector);
  try {
    await writeVersion(server.bindings.POLICY_SETS, 'default', 1, contentOf({}));
    await seconds(server, 'json', { type: 'application/yaml', bytes: Buffer.from(bundleText(0, 1)) });
    const before = server.process.peakMemory();
    const first = await seconds(server, 'json', body);
    const usage = await heap.usage();
    const times: string[] = [];
    for (const output of ['json', 'yaml', 'ndjson'] as const) {
      const runs: number[] = [];
      for (let run = 0; run < RUNS; run += 1) runs.push(await seconds(server, output, body));
      times.push(median(runs).toFixed(2));
    }
    const size = `${mebibytes} MiB, ${form}`;
    return [
      size,
      String(workloads),
      first.toFixed(2),
      ...times,
      heapOf(usage),
      (server.process.peakMemory() - before).toFixed(0),
    ];
  } finally {
    heap.close();
    await server.stop();
  }
}

function heapOf({ totalSize, backingStorageSize }: HeapUsage): string {
  return ((totalSize + backingStorageSize) / MEBIBYTE).toFixed(0);
}

interface SentBody {
  readonly type: string;
  readonly encoding?: string;
  readonly bytes: Buffer;
}

function bodyOf(mebibytes: number, workloads: number, form: (typeof BUNDLES)[number]['form']): SentBody {
  const length = mebibytes * MEBIBYTE;
  if (form !== 'JSON list') {
    const bytes = Buffer.from(bundleText(length, workloads));
    const type = 'application/yaml';
    return form === 'YAML' ? { type, bytes } : { type, encoding: 'gzip', bytes: gzipSync(bytes) };
  }
  const items = bundleDocuments(length / 2, workloads).map((text): unknown => parse(text));
  const text = JSON.stringify({ apiVersion: 'v1', items, kind: 'List' }, null, 4);
  return { type: 'application/json', bytes: Buffer.from(text) };
}

/** The seconds of CPU that the server takes for one compilation. */
async function seconds(server: Server, output: string, { type, encoding, bytes }: SentBody): Promise<number> {
  const start = server.process.cpuTime();
  const answer = await fetch(new URL(`/compile?output=${output}`, server.url), {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) },
  });
  const text = await answer.text();
  if (answer.status !== 200)
    throw new Error(`POST /compile answered ${answer.status}: ${text.slice(0, 1_000)}`);
  return (server.process.cpuTime() - start) / 1_000_000;
}
