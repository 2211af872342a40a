import { type Places, PlaceWriter } from './places.ts';

const QUOTE = 34;
const COMMA = 44;
const LIST = 91;
const BACKSLASH = 92;
const LIST_END = 93;
const OBJECT = 123;
const OBJECT_END = 125;
/** All characters up to this one are white space where no value and no sign stands. */
const SPACE = 32;

/**
 * Finds where the values of a JSON text begin.
 *
 * @param text What `JSON.parse` reads without an error, and is not nested too deep for a recursion.
 * @param skipped The indices of the items of the list `items`, of the object that is the text, whose content has no
 *   places.
 */
export function placesInJson(text: string, skipped: ReadonlySet<number>): Places {
  return new PlaceScan(text, skipped).places();
}

class PlaceScan {
  readonly #writer = new PlaceWriter();
  readonly #text: string;
  readonly #skipped: ReadonlySet<number>;
  #at = 0;

  constructor(text: string, skipped: ReadonlySet<number>) {
    this.#text = text;
    this.#skipped = skipped;
  }

  places(): Places {
    this.#value('', 0);
    return this.#writer.written();
  }

  /** Goes over a value, to what stands behind it. @param depth How many objects and lists it is in. */
  #value(name: string | number, depth: number, isSkipped = false): void {
    const code = this.#next();
    this.#writer.open(this.#at, name);
    if (code === OBJECT) this.#object(depth);
    else if (code === LIST) this.#list(depth, depth === 1 && name === 'items');
    else if (code === QUOTE) this.#string();
    else this.#word();
    if (isSkipped) this.#writer.closeEmpty();
    else this.#writer.close();
  }

  #object(depth: number): void {
    this.#at += 1;
    while (this.#next() !== OBJECT_END) {
      const start = this.#at;
      this.#string();
      const key = this.#text.slice(start + 1, this.#at - 1);
      const name = key.includes('\\') ? String(JSON.parse(`"${key}"`)) : key;
      // The colon.
      this.#next();
      this.#at += 1;
      this.#value(name, depth + 1);
      if (this.#next() === COMMA) this.#at += 1;
    }
    this.#at += 1;
  }

  #list(depth: number, isItems: boolean): void {
    this.#at += 1;
    for (let index = 0; this.#next() !== LIST_END; index += 1) {
      this.#value(index, depth + 1, isItems && this.#skipped.has(index));
      if (this.#next() === COMMA) this.#at += 1;
    }
    this.#at += 1;
  }

  /** Goes to the next character that is no white space. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code <= SPACE) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code;
  }

  #string(): void {
    let end = this.#text.indexOf('"', this.#at + 1);
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    this.#at = end + 1;
  }

  /** Whether an odd number of backslashes stands before a place. */
  #isEscaped(place: number): boolean {
    let at = place;
    while (this.#text.charCodeAt(at - 1) === BACKSLASH) at -= 1;
    return (place - at) % 2 === 1;
  }

  /** Goes over a number, `true`, `false` or `null`. */
  #word(): void {
    let code = this.#text.charCodeAt(this.#at);
    while (code > SPACE && code !== COMMA && code !== LIST_END && code !== OBJECT_END) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
  }
}
