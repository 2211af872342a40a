import { once } from 'node:events';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { execEvent } from '../test/support/cluster-events.ts';
import { contentOf, writeVersion } from '../test/support/write-version.ts';
import type { Build } from './build.ts';
import { type Bench, present } from './section.ts';
import { startServer } from './server.ts';
import type { Table } from './tables.ts';

/** The sizes of the events, in MiB, expanded. The last is just below what one request may have. */
const SIZES = [1, 10, 99];

/** The limit of V8's heap in MiB, so that the peak tells what is needed, and not what was never collected. */
const HEAP_LIMIT = 64;

const WORKLOAD = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    },
  },
});

const AnswerSchema = z.object({ events: z.object({ lines: z.number(), exec: z.number() }) });

/** Measures `/learn` with events of several sizes, each on a server of its own. @returns Its table. */
export async function measureLearn(bench: Bench): Promise<Table[]> {
  const rows: string[][] = [];
  for (const size of SIZES) {
    for (const compressed of [false, true]) rows.push(await measure(present(bench).build, size, compressed));
  }
  return [
    {
      head: [
        'Events',
        'Lines',
        'Seconds of CPU',
        'Events a second of CPU',
        'Peak of the process, MiB',
        'Beyond the start, MiB',
      ],
      rows,
    },
  ];
}

async function measure(build: Build, size: number, compressed: boolean): Promise<string[]> {
  const text = Buffer.from(eventsOf(size * 1_048_576));
  const events = compressed ? gzipSync(text) : text;
  const server = await startServer(build, { v8Flags: `--max-heap-size=${HEAP_LIMIT}` });
  try {
    await writeVersion(server.bindings.POLICY_SETS, 'default', 1, contentOf({}));
    // The first request loads what every request needs.
    await send(server.url, Buffer.from(eventsOf(2_000)));
    const [before, start] = [server.process.peakMemory(), server.process.cpuTime()];
    const answer = AnswerSchema.parse(JSON.parse(await send(server.url, events)));
    const seconds = (server.process.cpuTime() - start) / 1_000_000;
    const peak = server.process.peakMemory();
    return [
      `${size} MiB${compressed ? `, as ${(events.length / 1_048_576).toFixed(1)} MiB of gzip` : ''}`,
      answer.events.lines.toLocaleString('en'),
      seconds.toFixed(2),
      Math.round(answer.events.exec / seconds).toLocaleString('en'),
      peak.toFixed(0),
      (peak - before).toFixed(0),
    ];
  } finally {
    await server.stop();
  }
}

/** Starts of 50 binaries in 20 pods, as lines of together at most so many bytes. */
function eventsOf(bytes: number): string {
  const lines: string[] = [];
  let length = 0;
  for (let index = 0; ; index += 1) {
    const event = execEvent({
      binary: `/usr/bin/tool-${index % 50}`,
      args: `--item ${index}`,
      at: index,
      pod: `web-${index % 20}`,
      from: 'tree',
    });
    const line = `${JSON.stringify(event)}\n`;
    length += line.length;
    if (length > bytes) return lines.join('');
    lines.push(line);
  }
}

/** Posts a workload and events, piece by piece as the server takes them. */
async function send(url: URL, events: Buffer): Promise<string> {
  const sent = request(new URL('/learn', url).href, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=events' },
  });
  const answered = new Promise<string>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`POST /learn answered ${answer.statusCode}: ${text.slice(0, 1_000)}`));
      });
    });
  });
  const part = (name: string): string =>
    `--events\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n`;
  sent.write(`${part('workloads')}${WORKLOAD}\r\n${part('events')}`);
  for (let at = 0; at < events.length; at += 65_536) {
    if (!sent.write(events.subarray(at, at + 65_536))) await once(sent, 'drain');
  }
  sent.end('\r\n--events--\r\n');
  return answered;
}
