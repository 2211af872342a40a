import { z } from 'zod';

/** The memory that V8 has for an isolate, in bytes. */
export interface HeapUsage {
  /** Objects, with garbage that has not been collected yet. */
  readonly usedSize: number;
  /** The memory that is reserved for objects. */
  readonly totalSize: number;
  /** The bytes of buffers, which are outside the heap. */
  readonly backingStorageSize: number;
}

const AnswerSchema = z.looseObject({ id: z.int(), result: z.unknown() });
const UsageSchema = z.looseObject({
  usedSize: z.number(),
  totalSize: z.number(),
  backingStorageSize: z.number(),
});

/** Reads the memory of a Worker from V8, by the Chrome DevTools Protocol. */
export class WorkerHeap {
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

  /** Connects to the Worker. @param inspector Where the inspector of its server listens. */
  static async of(inspector: URL): Promise<WorkerHeap> {
    const socket = new WebSocket(new URL('/core:user:bench', inspector).href);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new WorkerHeap(socket);
  }

  /** Reads how much memory the Worker has now. */
  async usage(): Promise<HeapUsage> {
    return UsageSchema.parse(await this.#ask('Runtime.getHeapUsage'));
  }

  /** Closes the connection. */
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
