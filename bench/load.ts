import { Agent, request } from 'node:http';

/** A request that is sent again and again. */
export interface Call {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  readonly type?: string;
  readonly body?: string;
}

/** What a while of load showed. */
export interface Sample {
  readonly perSecond: number;
  /** How long each request took, in milliseconds. */
  readonly latencies: readonly number[];
}

/** How many requests are under way at once: enough to keep the one thread of the Worker busy. */
const CONCURRENCY = 8;

/** A call, or one that is different each time. */
export type Calls = Call | (() => Call);

function newAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
}

/** Sends requests to one server over connections that stay open. */
export class Client {
  readonly #url: URL;
  #agent = newAgent();

  constructor(url: URL) {
    this.#url = url;
  }

  /** Sends one request and reads its whole answer. @throws Error when it is not 200. */
  send({ method, path, type, body = '' }: Call): Promise<string> {
    const headers = {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(method === 'POST' ? { 'content-length': Buffer.byteLength(body) } : {}),
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.#url).href,
        { method, headers, agent: this.#agent },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if (answer.statusCode === 200) resolve(text);
            else
              reject(new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 1_000)}`));
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Keeps the server busy for some milliseconds. Requests under way at the end are waited for and count. */
  async load(calls: Calls, milliseconds: number, concurrency = CONCURRENCY): Promise<Sample> {
    // None that has been idle: the server may be about to close it.
    this.#agent.destroy();
    this.#agent = newAgent();
    const latencies: number[] = [];
    const start = performance.now();
    const loop = async (): Promise<void> => {
      while (performance.now() - start < milliseconds) {
        const sent = performance.now();
        await this.send(typeof calls === 'function' ? calls() : calls);
        latencies.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, loop));
    return { perSecond: (latencies.length * 1_000) / (performance.now() - start), latencies };
  }

  close(): void {
    this.#agent.destroy();
  }
}
