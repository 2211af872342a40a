import { Gunzip } from 'fflate';
import { Failure } from '../failures/failure.ts';
import { EventsUnreadable } from './events-unreadable.ts';

/**
 * The bytes of a compressed file that are expanded at once. gzip expands at most some 1,030 times, so one step makes at
 * most about 4 MiB of them.
 */
const STEP = 4_096;

/**
 * The bytes of a file of events, which come in pieces. A file that begins as gzip does is expanded, also when it has
 * several members, as rotated files that were put together have.
 */
export class EventBytes {
  readonly #take: (bytes: Uint8Array) => void;
  #gunzip: Gunzip | undefined;
  /** The first byte while the second is not known; undefined before it, and after both. */
  #first: Uint8Array | undefined;
  #begun = false;

  /** @param take Takes the bytes of the events, in pieces. */
  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take;
  }

  /** Takes the next bytes of the file. @throws EventsUnreadable when they are no gzip though they began like it. */
  push(bytes: Uint8Array): void {
    if (this.#begun) this.#pass(bytes);
    else this.#begin(bytes);
  }

  /** Takes the end of the file. @throws EventsUnreadable when a compressed file is cut off. */
  end(): void {
    if (this.#first !== undefined) this.#take(this.#first);
    if (this.#gunzip !== undefined) this.#expand(this.#gunzip, new Uint8Array(0), true);
  }

  #begin(bytes: Uint8Array): void {
    const start =
      this.#first === undefined ? bytes : new Uint8Array([...this.#first, ...bytes.subarray(0, 1)]);
    if (start.length === 0) return;
    if (start.length === 1) {
      this.#first = start;
      return;
    }
    this.#begun = true;
    if (start[0] === 0x1f && start[1] === 0x8b) this.#gunzip = new Gunzip((data) => this.#take(data));
    if (this.#first !== undefined) {
      const first = this.#first;
      this.#first = undefined;
      this.#pass(first);
    }
    this.#pass(bytes);
  }

  #pass(bytes: Uint8Array): void {
    if (this.#gunzip === undefined) {
      this.#take(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; at += STEP)
      this.#expand(this.#gunzip, bytes.subarray(at, at + STEP), false);
  }

  #expand(gunzip: Gunzip, bytes: Uint8Array, final: boolean): void {
    try {
      gunzip.push(bytes, final);
    } catch (error) {
      // What takes the bytes refuses too many of them with a failure of its own.
      if (error instanceof Failure) throw error;
      throw new EventsUnreadable(
        'The file of events begins as gzip does, but cannot be expanded: it is damaged or cut off. Test it with gzip -t.',
      );
    }
  }
}
