import { SimpleFlow } from './simple-flow.ts';
import { SimpleLines } from './simple-lines.ts';
import type { SimpleRecord } from './simple-record.ts';
import { SimpleScalars } from './simple-scalars.ts';
import { textBlockAt } from './simple-texts.ts';

/** Mappings and lists that are deeper in each other are left to the general reader, which has a limit for them. */
const DEEPEST = 40;
/** YAML limits the length of keys. */
const LONGEST_KEY = 1_000;

const SPACE = 32;
const LINE_FEED = 10;
const HASH = 35;
const DASH = 45;
const FOLDED = 62;
const LITERAL = 124;

/**
 * Reads mappings and lists that are written as lines with indentation. Every method that reads a value gives undefined
 * where it is not certain that the general reader would give the same: then nothing of the document counts.
 */
export class SimpleBlocks {
  readonly #text: string;
  readonly #end: number;
  readonly #record: SimpleRecord;
  readonly #lines: SimpleLines;
  readonly #scalars: SimpleScalars;
  readonly #flow: SimpleFlow;

  /** @param start Where the lines of a document begin. @param end Where they end. */
  constructor(text: string, start: number, end: number, record: SimpleRecord) {
    this.#text = text;
    this.#end = end;
    this.#record = record;
    this.#lines = new SimpleLines(text, start, end);
    this.#scalars = new SimpleScalars(text);
    this.#flow = new SimpleFlow(text, this.#scalars, record);
  }

  /** Where the value of the document begins. */
  get root(): number {
    return this.#lines.at;
  }

  /** Reads the mapping or list that is the document. */
  document(): unknown {
    if (this.#lines.indent !== 0) return undefined;
    const value = this.#block('', 1);
    return this.#lines.isAtEnd ? value : undefined;
  }

  /** Reads the mapping or list that begins with the line. */
  #block(name: string | number, depth: number): unknown {
    const { at, indent } = this.#lines;
    return this.#isDash(at) ? this.#list(at, indent, name, depth) : this.#mapping(at, indent, name, depth);
  }

  /** @param first Where the first key stands: behind the dash, if the mapping is an item of a list. */
  #mapping(first: number, indent: number, name: string | number, depth: number): unknown {
    if (depth > DEEPEST) return undefined;
    const object: Record<string, unknown> = {};
    this.#record.open(first, name);
    let at = first;
    do {
      const key = this.#scalars.key(at);
      if (key === undefined || key === '__proto__' || key.length > LONGEST_KEY) return undefined;
      if (Object.hasOwn(object, key)) return undefined;
      this.#record.key(key);
      const value = this.#member(this.#scalars.end + 1, key, indent, depth);
      if (value === undefined || this.#lines.indent > indent) return undefined;
      object[key] = value;
      at = this.#lines.at;
    } while (this.#lines.indent === indent);
    this.#record.close();
    return object;
  }

  /** Reads the value after a colon. */
  #member(afterColon: number, key: string, indent: number, depth: number): unknown {
    if (this.#record.isFull) return undefined;
    const at = this.#skipSpaces(afterColon);
    if (!this.#isLineEnd(at)) return this.#inline(at, key, indent);
    this.#lines.next(at);
    if (this.#lines.indent > indent) return this.#block(key, depth + 1);
    if (this.#lines.indent === indent && this.#isDash(this.#lines.at))
      return this.#list(this.#lines.at, indent, key, depth + 1);
    return this.#nothing(at, key);
  }

  /** @param first Where the first dash stands: behind another, if the list is an item of a list. */
  #list(first: number, indent: number, name: string | number, depth: number): unknown {
    if (depth > DEEPEST) return undefined;
    const items: unknown[] = [];
    this.#record.open(first, name);
    let at = first;
    do {
      const item = this.#item(at, items.length, indent, depth);
      if (item === undefined || this.#lines.indent > indent) return undefined;
      items.push(item);
      at = this.#lines.at;
    } while (this.#lines.indent === indent && this.#isDash(at));
    this.#record.close();
    return items;
  }

  #item(dash: number, index: number, indent: number, depth: number): unknown {
    if (this.#record.isFull) return undefined;
    const at = this.#skipSpaces(dash + 1);
    if (this.#isLineEnd(at)) {
      this.#lines.next(at);
      return this.#lines.indent > indent ? this.#block(index, depth + 1) : this.#nothing(at, index);
    }
    const inside = indent + at - dash;
    if (this.#isDash(at)) return this.#list(at, inside, index, depth + 1);
    if (this.#scalars.key(at) !== undefined) return this.#mapping(at, inside, index, depth + 1);
    return this.#inline(at, index, indent);
  }

  /** Reads a value that begins behind its key or dash. */
  #inline(at: number, name: string | number, indent: number): unknown {
    const code = this.#text.charCodeAt(at);
    if (code === LITERAL || code === FOLDED) return this.#textBlock(at, name, indent);
    const bracketed = this.#flow.read(at, name);
    if (bracketed !== undefined) return this.#endLine(this.#flow.end, bracketed);
    const value = this.#scalars.quoted(at) ?? this.#scalars.unquoted(at, false);
    if (value === undefined) return undefined;
    this.#record.scalar(value, at, name);
    return this.#endLine(this.#scalars.end, value);
  }

  #textBlock(at: number, name: string | number, indent: number): unknown {
    const block = textBlockAt(this.#text, at, indent, this.#end);
    if (block === undefined) return undefined;
    this.#record.scalar(block.value, at, name);
    this.#lines.goTo(block.end);
    return block.value;
  }

  #nothing(at: number, name: string | number): null {
    this.#record.scalar(null, at, name);
    return null;
  }

  /** Goes on to the next line, if nothing but a comment stands at a place. */
  #endLine<T>(place: number, value: T): T | undefined {
    const at = this.#skipSpaces(place);
    if (!this.#isLineEnd(at)) return undefined;
    this.#lines.next(at);
    return value;
  }

  #skipSpaces(at: number): number {
    let next = at;
    while (this.#text.charCodeAt(next) === SPACE) next += 1;
    return next;
  }

  /** Whether a line ends at a place, or goes on with a comment, which a space must be before. */
  #isLineEnd(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    if (code === HASH) return this.#text.charCodeAt(at - 1) === SPACE;
    return code === LINE_FEED || at >= this.#end;
  }

  /** Whether an item of a list begins at a place. */
  #isDash(at: number): boolean {
    if (this.#text.charCodeAt(at) !== DASH) return false;
    const after = this.#text.charCodeAt(at + 1);
    return after === SPACE || after === LINE_FEED || at + 1 >= this.#end;
  }
}
