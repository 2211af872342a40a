/**
 * Work in pieces. Reading and validating thousands of policies takes seconds, and an isolate answers no other request
 * while it computes. So long work is written as a generator, which yields after each piece.
 * @module
 */

/** Work that yields after each piece, and returns its result. */
export type Pieces<T> = Generator<undefined, T, undefined>;

/** Does work without a pause. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Does work with a pause after each piece. */
export async function inPieces<T>(work: Pieces<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await pause();
  }
}

/**
 * A pause in which other requests are answered. A timer is needed for that: neither a promise that is resolved, nor a
 * digest, nor a message to a port lets workerd read what has come in.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
