import { afterMarker, type Piece } from './yaml-pieces.ts';

/**
 * The keys that objects of a kind have at their top, if objects of that kind need not be read; undefined for every
 * other kind.
 */
export type SkippedKinds = (apiVersion: string, kind: string) => readonly string[] | undefined;

/** A document that is known to be of a kind, although it was not read. */
export interface SkippedDocument {
  readonly apiVersion: string;
  readonly kind: string;
  /** Where its first key stands. */
  readonly root: number;
}

/** More keys than these no kind has at its top. */
const MOST_KEYS = 32;

/** How many words say of what kind an object is: `apiVersion` and `kind`. */
const WORDS = 2;

/** Finds out which documents of a text need not be read. */
export class DocumentSkipper {
  readonly #text: string;
  readonly #kinds: SkippedKinds;
  // Each pattern is for one place of the text at a time.
  /** The next line that begins with neither a space nor a line break. */
  readonly #nextLine = /\n[^ \n\r]/g;
  /** Lines that are blank, and those that begin with a comment. */
  readonly #nothing = /(?:(?: *|#[^\n]*)\r?\n)*/y;
  /** A key in the plainest spelling. */
  readonly #key = /([A-Za-z]+):(?=[ \r\n]|$)/y;
  /** What comes after a key that has a plain word on the same line, and nothing else. */
  readonly #word = / +([A-Za-z0-9./-]+) *(?:\r?\n|$)/y;
  /** Lines of nothing but spaces. */
  readonly #blank = /(?: *\r?\n)*/y;
  /** What begins an item of a list, or a comment. */
  readonly #itemOrComment = /-(?=[ \r\n]|$)|#/y;

  constructor(text: string, kinds: SkippedKinds) {
    this.#text = text;
    this.#kinds = kinds;
  }

  /**
   * The kind of a piece of a YAML text, if that is certain without reading it, and objects of the kind need not be read.
   *
   * It is certain because the keys of a mapping at the top of a document begin their lines, to every reader, in whichever
   * way it reads the values, once the first of them has done so: whoever finds a second kind needs a second line that
   * begins with a key. So every line that begins with anything but a space must be a comment, an item of a list, or a key
   * that objects of this kind have, spelt plainly and once; and the first line that says anything must be such a key,
   * because kubectl's reader stops where a mapping ends whose keys are further to the right. What looks like a key may be
   * part of a quoted text; then the object has no such key, and is of no kind at all.
   *
   * The text has no characters on which readers disagree: lines end at LF and CRLF alone.
   */
  skipped(piece: Piece): SkippedDocument | undefined {
    const root = this.#endOf(this.#nothing, afterMarker(this.#text, piece));
    const words = new Map<string, string>();
    const keys = new Set<string>();
    let known: readonly string[] | undefined;
    for (const at of this.#linesFrom(root, piece.end)) {
      if (at > root && this.#endOf(this.#itemOrComment, at) > at) continue;
      const end = this.#endOf(this.#key, at);
      const key = this.#text.slice(at, end - 1);
      // Where there is no key, this is the empty text, which no kind knows.
      if (key === '' || keys.has(key) || keys.size > MOST_KEYS) return undefined;
      keys.add(key);
      if (key !== 'apiVersion' && key !== 'kind') continue;
      const word = this.#wordAt(end, piece.end);
      if (word === undefined) return undefined;
      words.set(key, word);
      if (words.size < WORDS) continue;
      known = this.#kinds(words.get('apiVersion') ?? '', words.get('kind') ?? '');
      // Most documents are of a kind that must be read, and say so in their first lines.
      if (known === undefined) return undefined;
    }
    const [apiVersion, kind] = [words.get('apiVersion'), words.get('kind')];
    if (apiVersion === undefined || kind === undefined) return undefined;
    return [...keys].every((key) => known?.includes(key)) ? { apiVersion, kind, root } : undefined;
  }

  /** A line, and the starts of all lines after it that begin with neither a space nor a line break. */
  *#linesFrom(first: number, end: number): Generator<number> {
    let at = first;
    while (at < end) {
      yield at;
      this.#nextLine.lastIndex = at;
      const found = this.#nextLine.exec(this.#text);
      if (found === null) return;
      at = found.index + 1;
    }
  }

  /** Where the text that a pattern finds at a place ends: at the place, if it finds none. */
  #endOf(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    return pattern.test(this.#text) ? pattern.lastIndex : at;
  }

  /** The plain word after a key, if nothing can continue it: text goes on in lines that begin with a space. */
  #wordAt(at: number, end: number): string | undefined {
    this.#word.lastIndex = at;
    const word = this.#word.exec(this.#text)?.[1];
    if (word === undefined) return undefined;
    const next = this.#endOf(this.#blank, this.#word.lastIndex);
    return next < end && this.#text[next] === ' ' ? undefined : word;
  }
}
