const SPACE = 32;
const LINE_FEED = 10;
const HASH = 35;

/**
 * The lines of a YAML document that say something, one after the other: neither blank lines nor those that hold a
 * comment alone. A tab is no space here, so that a line that begins with one says something that nobody understands.
 */
export class SimpleLines {
  /** Where the first character of the line stands that is no space. */
  at: number;
  /** How many spaces are before it; -1 where no line is left. */
  indent = -1;
  readonly #text: string;
  readonly #end: number;

  /** @param start Where the first line begins. @param end Where the last line ends. */
  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#end = end;
    this.at = start;
    this.goTo(start);
  }

  /** Whether no line is left. */
  get isAtEnd(): boolean {
    return this.indent === -1;
  }

  /** Goes on to the line after the one that holds a place. */
  next(place: number): void {
    const lineFeed = this.#text.indexOf('\n', place);
    this.goTo(lineFeed < 0 ? this.#end : lineFeed + 1);
  }

  /** Goes on to a line, or to the first after it that says something. @param start Where the line begins. */
  goTo(start: number): void {
    const text = this.#text;
    for (let line = start; line < this.#end; ) {
      let at = line;
      while (text.charCodeAt(at) === SPACE) at += 1;
      const code = text.charCodeAt(at);
      if (at < this.#end && code !== LINE_FEED && code !== HASH) {
        this.at = at;
        this.indent = at - line;
        return;
      }
      const lineFeed = text.indexOf('\n', at);
      line = lineFeed < 0 ? this.#end : lineFeed + 1;
    }
    this.at = this.#end;
    this.indent = -1;
  }
}
