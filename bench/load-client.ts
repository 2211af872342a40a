import { Agent, request } from 'node:http';

/** A request to the server. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was measured while requests kept the server busy. */
export interface Sample {
  /** Requests per second. */
  readonly perSecond: number;
  /** How long each request took, in milliseconds. */
  readonly latencies: readonly number[];
}

/** How long something is measured. */
export interface Effort {
  /** How often each thing is measured. */
  readonly rounds: number;
  /** How long it is measured each time. */
  readonly seconds: number;
}

/** When to stop sending requests: not before so much time, nor before so many requests, but at the latest after a time. */
export interface Until {
  readonly milliseconds: number;
  readonly requests?: number;
  readonly atMost?: number;
}

/** How many requests are under way at once: enough to keep the only thread of the Worker busy. */
const CONCURRENCY = 8;

/** The same request each time, or a function that makes another one each time. */
export type Calls = Call | (() => Call);

function isGoingOn(
  { milliseconds, requests = 1, atMost = Number.POSITIVE_INFINITY }: Until,
  begun: number,
  elapsed: number,
): boolean {
  return begun === 0 || (elapsed < atMost && (begun < requests || elapsed < milliseconds));
}

function newAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
}

/** Sends requests to a server over connections that stay open. */
export class LoadClient {
  readonly #url: URL;
  #agent = newAgent();

  /** @param url The URL of the server. */
  constructor(url: URL) {
    this.#url = url;
  }

  /** Sends one request and returns the body of the answer. @throws Error when the status is not 200 or 201. */
  send({ method, path, headers: more = {}, body = '' }: Call): Promise<string> {
    const headers =
      method === 'GET' ? { ...more } : { ...more, 'content-length': String(Buffer.byteLength(body)) };
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
            if (answer.statusCode === 200 || answer.statusCode === 201) resolve(text);
            else
              reject(new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 1_000)}`));
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /**
   * Keeps the server busy. Requests that are under way at the end are waited for, and count.
   *
   * @param concurrency How many requests are under way at once.
   */
  async load(calls: Calls, until: Until, concurrency = CONCURRENCY): Promise<Sample> {
    // New connections: the server may be about to close those that have been idle.
    this.#agent.destroy();
    this.#agent = newAgent();
    const latencies: number[] = [];
    let begun = 0;
    const start = performance.now();
    const loop = async (): Promise<void> => {
      while (isGoingOn(until, begun, performance.now() - start)) {
        begun += 1;
        // The time to make a request, such as to sign its token, is the client's own.
        const call = typeof calls === 'function' ? calls() : calls;
        const sent = performance.now();
        await this.send(call);
        latencies.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, loop));
    return { perSecond: (latencies.length * 1_000) / (performance.now() - start), latencies };
  }

  /** Closes all connections. */
  close(): void {
    this.#agent.destroy();
  }
}
