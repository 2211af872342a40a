/**
 * A cache with bounds on the number and the weight of its entries. When it is full, the entries that were used least
 * recently are forgotten (LRU).
 *
 * @example
 * const texts = new Recent<string, string>(10, (text) => text.length);
 * texts.set('a', 'six...');
 * texts.set('b', 'six...');
 * texts.get('a'); // => undefined
 */
export class Recent<K, V> {
  /** The entries, approximately in the order of their last use. */
  readonly #entries = new Map<K, { readonly value: V; readonly weight: number; movedAt: number }>();
  readonly #capacity: number;
  readonly #weigh: (value: V) => number;
  readonly #most: number;
  #weight = 0;
  #moves = 0;

  /**
   * @param capacity The most that all entries may weigh together. The entry that was added last stays, whatever it
   *   weighs.
   * @param weigh The weight of a value, in the unit of the capacity.
   * @param most The most entries that are kept.
   */
  constructor(capacity: number, weigh: (value: V) => number, most = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity;
    this.#weigh = weigh;
    this.#most = most;
  }

  /** The value of a key, or undefined. The entry counts as used. */
  get(key: K): V | undefined {
    const held = this.#entries.get(key);
    if (held === undefined) return undefined;
    // An entry among the most recent quarter stays in place, because moving it costs more than looking it up.
    if (this.#moves - held.movedAt > this.#entries.size / 4) {
      this.#entries.delete(key);
      this.#entries.set(key, held);
      this.#moves += 1;
      held.movedAt = this.#moves;
    }
    return held.value;
  }

  /** Remembers a value. While a bound is exceeded, the least recently used entries are forgotten. */
  set(key: K, value: V): void {
    this.delete(key);
    const weight = this.#weigh(value);
    this.makeRoom(weight);
    this.#moves += 1;
    this.#entries.set(key, { value, weight, movedAt: this.#moves });
    this.#weight += weight;
  }

  /**
   * Forgets the least recently used entries until one more entry of a given weight fits.
   *
   * @returns The values that were forgotten.
   */
  makeRoom(weight: number): V[] {
    const gone: V[] = [];
    for (const [key, { value }] of this.#entries) {
      if (this.#entries.size < this.#most && this.#weight + weight <= this.#capacity) break;
      this.delete(key);
      gone.push(value);
    }
    return gone;
  }

  /** Forgets the entry of a key. */
  delete(key: K): void {
    const held = this.#entries.get(key);
    if (held === undefined) return;
    this.#entries.delete(key);
    this.#weight -= held.weight;
  }
}
