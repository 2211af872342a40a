import { LIMITS } from '../../model/limits.ts';
import { type Places, PlaceWriter } from './places.ts';

/** What is counted and written down of a document while it is read. */
export class SimpleRecord {
  /** How many values there are. */
  nodes = 0;
  /** How many characters the strings hold, keys included. */
  characters = 0;
  readonly #places = new PlaceWriter();

  /** Whether there are as many values as a document may hold, so that no more need be read. */
  get isFull(): boolean {
    return this.nodes >= LIMITS.documentNodes;
  }

  /** Begins a mapping or a list. @param name Its key or index in what holds it. */
  open(at: number, name: string | number): void {
    this.nodes += 1;
    this.#places.open(at, name);
  }

  /** Ends the mapping or list that was begun last. */
  close(): void {
    this.#places.close();
  }

  /** Writes down a value that is neither. */
  scalar(value: unknown, at: number, name: string | number): void {
    this.open(at, name);
    this.close();
    if (typeof value === 'string') this.characters += value.length;
  }

  /** Counts a key. */
  key(key: string): void {
    this.characters += key.length;
  }

  /** Where all values begin. */
  get places(): Places {
    return this.#places.written();
  }
}
