import type { SimpleRecord } from './simple-record.ts';
import type { SimpleScalars } from './simple-scalars.ts';

/** How many brackets may be in each other. */
const DEEPEST = 8;

/** Reads lists and mappings in brackets that end on the line on which they begin. */
export class SimpleFlow {
  /** Where the list or mapping ends that was read last. */
  end = 0;
  readonly #text: string;
  readonly #scalars: SimpleScalars;
  readonly #record: SimpleRecord;

  constructor(text: string, scalars: SimpleScalars, record: SimpleRecord) {
    this.#text = text;
    this.#scalars = scalars;
    this.#record = record;
  }

  /** Reads a list or a mapping. @returns undefined where there is none, and where its value is not certain. */
  read(at: number, name: string | number, depth = 1): unknown {
    if (depth > DEEPEST) return undefined;
    if (this.#text[at] === '[') return this.#list(at, name, depth);
    return this.#text[at] === '{' ? this.#mapping(at, name, depth) : undefined;
  }

  #list(at: number, name: string | number, depth: number): unknown[] | undefined {
    const items: unknown[] = [];
    this.#record.open(at, name);
    let next = this.#skipSpaces(at + 1);
    while (this.#text[next] !== ']') {
      if (items.length > 0) {
        if (this.#text[next] !== ',') return undefined;
        next = this.#skipSpaces(next + 1);
      }
      const item = this.#value(next, items.length, depth);
      if (item === undefined) return undefined;
      items.push(item);
      next = this.#skipSpaces(this.end);
    }
    return this.#close(next, items);
  }

  #mapping(at: number, name: string | number, depth: number): Record<string, unknown> | undefined {
    const object: Record<string, unknown> = {};
    let isFirst = true;
    this.#record.open(at, name);
    let next = this.#skipSpaces(at + 1);
    while (this.#text[next] !== '}') {
      if (!isFirst) {
        if (this.#text[next] !== ',') return undefined;
        next = this.#skipSpaces(next + 1);
      }
      isFirst = false;
      const key = this.#scalars.key(next);
      if (key === undefined || key === '__proto__' || Object.hasOwn(object, key)) return undefined;
      this.#record.key(key);
      const value = this.#value(this.#skipSpaces(this.#scalars.end + 1), key, depth);
      if (value === undefined) return undefined;
      object[key] = value;
      next = this.#skipSpaces(this.end);
    }
    return this.#close(next, object);
  }

  #close<T>(at: number, value: T): T {
    this.#record.close();
    this.end = at + 1;
    return value;
  }

  #value(at: number, name: string | number, depth: number): unknown {
    if (this.#record.isFull) return undefined;
    const bracketed = this.read(at, name, depth + 1);
    if (bracketed !== undefined) return bracketed;
    const value = this.#scalars.quoted(at) ?? this.#scalars.unquoted(at, true);
    if (value === undefined) return undefined;
    this.#record.scalar(value, at, name);
    this.end = this.#scalars.end;
    return value;
  }

  #skipSpaces(at: number): number {
    let next = at;
    while (this.#text[next] === ' ') next += 1;
    return next;
  }
}
