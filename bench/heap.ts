import { z } from 'zod';

/** What V8 has in memory for an isolate, in bytes. */
export interface HeapUsage {
  /** Objects, and garbage that has not been collected. */
  readonly usedSize: number;
  /** What they have been given. */
  readonly totalSize: number;
  /** What stands outside: the bytes of buffers. */
  readonly backingStorageSize: number;
}

const AnswerSchema = z.looseObject({ id: z.int(), result: z.unknown() });
const UsageSchema = z.looseObject({
  usedSize: z.number(),
  totalSize: z.number(),
  backingStorageSize: z.number(),
});

/** Asks the V8 of a Worker, by the Chrome DevTools Protocol. */
export class Heap {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = AnswerSchema.safeParse(JSON.parse(String(data)));
      if (answer.success) this.#waiting.get(answer.data.id)?.(answer.data.result);
    });
  }

  static async of(inspector: URL): Promise<Heap> {
    const socket = new WebSocket(new URL('/core:user:bench', inspector).href);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new Heap(socket);
  }

  async usage(): Promise<HeapUsage> {
    return UsageSchema.parse(await this.#ask('Runtime.getHeapUsage'));
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }
}
