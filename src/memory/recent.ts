/**
 * What was used last, up to a bound: an isolate lives for long and sees more than it can keep.
 *
 * @example
 * const texts = new Recent<string, string>(10, (text) => text.length);
 * texts.set('a', 'six...');
 * texts.set('b', 'six...');
 * texts.get('a'); // => undefined
 */
export class Recent<K, V> {
  /** In the order of their last use, or nearly so. */
  readonly #entries = new Map<K, { readonly value: V; readonly weight: number; movedAt: number }>();
  readonly #capacity: number;
  readonly #weigh: (value: V) => number;
  readonly #most: number;
  #weight = 0;
  #moves = 0;

  /**
   * @param capacity What all entries may weigh together. The last one added stays, whatever it weighs.
   * @param most How many entries there may be.
   */
  constructor(capacity: number, weigh: (value: V) => number, most = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity;
    this.#weigh = weigh;
    this.#most = most;
  }

  /** What is remembered under a key, which thereby counts as used. */
  get(key: K): V | undefined {
    const held = this.#entries.get(key);
    if (held === undefined) return undefined;
    // What is among the last quarter stays where it is: moving costs more than finding.
    if (this.#moves - held.movedAt > this.#entries.size / 4) {
      this.#entries.delete(key);
      this.#entries.set(key, held);
      this.#moves += 1;
      held.movedAt = this.#moves;
    }
    return held.value;
  }

  /** Remembers a value, and forgets those that were used least recently while there is too much. */
  set(key: K, value: V): void {
    this.delete(key);
    const weight = this.#weigh(value);
    this.makeRoom(weight);
    this.#moves += 1;
    this.#entries.set(key, { value, weight, movedAt: this.#moves });
    this.#weight += weight;
  }

  /** Lets go of the least recently used until another of this weight fits. Which ones those were. */
  makeRoom(weight: number): V[] {
    const gone: V[] = [];
    for (const [key, { value }] of this.#entries) {
      if (this.#entries.size < this.#most && this.#weight + weight <= this.#capacity) break;
      this.delete(key);
      gone.push(value);
    }
    return gone;
  }

  /** Forgets what is remembered under a key. */
  delete(key: K): void {
    const held = this.#entries.get(key);
    if (held === undefined) return;
    this.#entries.delete(key);
    this.#weight -= held.weight;
  }
}
