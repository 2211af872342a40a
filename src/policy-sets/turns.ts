/** How long a work waits between two looks at whether it is its turn, in milliseconds. */
const STEP = 50;

/** How long a work waits for its turn, in milliseconds. */
const LONGEST_WAIT = 20_000;

/**
 * Lets works that need much memory begin one after the other. They have pauses in which other requests are answered,
 * and without turns one of those could begin the same work, until the isolate has no memory left.
 *
 * Whoever waits looks again and again, because a request must not wait for a promise of another one, which may be
 * cancelled. For the same reason nobody waits for ever.
 */
export class Turns {
  readonly #wait: (milliseconds: number) => Promise<void>;
  #turn: object | undefined;

  /** @param wait Waits for some milliseconds. */
  constructor(
    wait = (milliseconds: number): Promise<void> =>
      new Promise((resolve) => {
        setTimeout(resolve, milliseconds);
      }),
  ) {
    this.#wait = wait;
  }

  /** Does a work when it is its turn, or when that takes too long. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    for (let waited = 0; this.#turn !== undefined && waited < LONGEST_WAIT; waited += STEP)
      await this.#wait(STEP);
    const turn = {};
    this.#turn = turn;
    try {
      return await work();
    } finally {
      // Another work may have begun meanwhile, because this one took too long.
      if (this.#turn === turn) this.#turn = undefined;
    }
  }
}
