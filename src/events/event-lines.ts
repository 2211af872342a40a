/** What becomes of the lines of a text. */
interface LineHandler {
  /** A line, without its end. */
  readonly line: (text: string) => void;
  /** A line that is longer than the limit. Its text is not kept. */
  readonly tooLong: () => void;
}

/**
 * Splits bytes that come in pieces into lines. It keeps no more than one line, of at most `limit` characters. Bytes that
 * are not UTF-8 become U+FFFD.
 *
 * @example
 * const lines = [];
 * const splitter = new LineSplitter({ line: (text) => lines.push(text), tooLong: () => lines.push('too long') }, 5);
 * splitter.push(new TextEncoder().encode('one\ntw'));
 * splitter.push(new TextEncoder().encode('o\n123456\nend'));
 * splitter.end();
 * lines; // => ['one', 'two', 'too long', 'end']
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #handler: LineHandler;
  readonly #limit: number;
  /** The beginning of the current line. */
  #begun = '';
  /** Whether the current line has already exceeded the limit, so that the rest of it is skipped. */
  #skipping = false;

  constructor(handler: LineHandler, limit: number) {
    this.#handler = handler;
    this.#limit = limit;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Takes the end of the bytes. What follows the last line break is a line, unless it is empty. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#begun !== '' || this.#skipping) this.#endLine('');
  }

  #take(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#endLine(text.slice(start, end));
      start = end + 1;
    }
    this.#begin(text.slice(start));
  }

  #begin(text: string): void {
    if (this.#skipping) return;
    if (this.#begun.length + text.length > this.#limit) {
      this.#begun = '';
      this.#skipping = true;
    } else this.#begun += text;
  }

  #endLine(text: string): void {
    this.#begin(text);
    const line = this.#begun;
    const skipped = this.#skipping;
    this.#begun = '';
    this.#skipping = false;
    if (skipped) this.#handler.tooLong();
    else this.#handler.line(line);
  }
}
