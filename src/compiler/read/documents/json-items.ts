import { LIMITS } from '../../model/limits.ts';
import type { SkippedKinds } from './skipped-documents.ts';

/** An item of a list that need not be parsed. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  /** What is parsed in its place. */
  readonly text: string;
}

/** An item that is open. */
interface Item {
  readonly start: number;
  /** How many separators there were before it. */
  readonly before: number;
  readonly words: Map<string, string>;
}

/**
 * Watches a pass over a JSON text for the items of a list: the objects in `items` of the object that is the text. It is
 * told of everything with the number of objects and lists that are open around it.
 */
export class ListItems {
  readonly cuts: Cut[] = [];
  readonly #kinds: SkippedKinds;
  /** The key in the object that is the text. */
  #rootKey = '';
  /** Whether the list `items` is open. */
  #inItems = false;
  /** The key in the item. */
  #itemKey = '';
  #item: Item | undefined;

  constructor(kinds: SkippedKinds) {
    this.#kinds = kinds;
  }

  /** A key of an object is read. */
  key(depth: number, key: string): void {
    if (depth === ROOT) this.#rootKey = key;
    if (depth === ITEM) this.#itemKey = key;
  }

  /** An object or a list begins. @param before How many separators there were before it. */
  enter(depth: number, isObject: boolean, at: number, before: number): void {
    if (depth === ROOT) this.#inItems = !isObject && this.#rootKey === 'items';
    if (depth === ITEMS && isObject && this.#inItems) this.#item = { start: at, before, words: new Map() };
  }

  /** A value that is neither an object nor a list is read. */
  literal(depth: number, value: unknown): void {
    if (depth === ITEM && typeof value === 'string') this.#item?.words.set(this.#itemKey, value);
  }

  /** Whether the item that is open holds more than one document may. */
  isTooLarge(separators: number): boolean {
    return this.#item !== undefined && separators - this.#item.before > LIMITS.documentNodes;
  }

  /**
   * An object or a list ends.
   *
   * @param keys The keys of an object.
   * @returns How many separators there were before it, if it need not be parsed.
   */
  leave(depth: number, end: number, keys: readonly string[]): number | undefined {
    const item = this.#item;
    if (depth !== ITEMS || item === undefined) return undefined;
    this.#item = undefined;
    const [apiVersion, kind] = [item.words.get('apiVersion'), item.words.get('kind')];
    if (apiVersion === undefined || kind === undefined) return undefined;
    const known = this.#kinds(apiVersion, kind);
    if (known === undefined || !keys.every((key) => known.includes(key))) return undefined;
    this.cuts.push({ start: item.start, end, text: JSON.stringify({ apiVersion, kind }) });
    return item.before;
  }
}

/** How many objects and lists are open in the object that is the text, in its list of items, and in an item. */
const ROOT = 1;
const ITEMS = 2;
const ITEM = 3;
