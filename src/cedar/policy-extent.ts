/**
 * Measures policies by their text, before Cedar reads them. One pass over the characters finds everything that is
 * bounded, because a version has thousands of policies.
 * @module
 */

/** The size of a policy, as far as it bounds what Cedar has to do for it. */
export interface PolicyExtent {
  /** An upper bound of the depth of its syntax tree: a bracket counts {@link BRACKET}, an operator 1. */
  readonly depth: number;
  /**
   * How many words, literals and signs it has, without its comments. Cedar takes some kilobytes for each of them
   * while it parses, and WebAssembly never gives memory back.
   */
  readonly parts: number;
  /**
   * How many characters its patterns behind `like` have. Cedar takes some 200 bytes for each of them, and
   * WebAssembly never gives memory back.
   */
  readonly patterns: number;
  /**
   * Where it calls `unknown("…")`, in UTF-16 code units from 0; undefined when it does not. Cedar has this function
   * for its partial evaluation and lets it pass as a value of any type, but every evaluation that reaches it fails.
   */
  readonly unknownCall: number | undefined;
}

/** How many times as deep as an operator a bracket takes the parser, as measured. */
const BRACKET = 3;

/** What a word adds to the depth of its term: the operators that are words. */
const OPERATOR_WORDS: ReadonlySet<string> = new Set(['in', 'has', 'like', 'is']);

/** Words after which a new term begins, which does not add to the depth of the term before. */
const SEPARATORS: ReadonlySet<string> = new Set(['then', 'else', 'permit', 'forbid']);

/**
 * Words that make a chain, as `&&` and `||` do: the second part of a chain is one step deeper than the first. To
 * Cedar the clauses of a policy are one chain.
 */
const LINKS: ReadonlySet<string> = new Set(['if', 'when', 'unless']);

/** Measures the text of a policy, or any other text. */
export function policyExtent(text: string): PolicyExtent {
  const depth = new Depth();
  let parts = 0;
  let patterns = 0;
  let unknownCall: number | undefined;
  /** The last part before this one, and where it begins. */
  let before = '';
  let beforeAt = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const kind = code < KINDS.length ? KINDS[code] : isSpace(code) ? SPACE : SIGN;
    const start = at;
    at += 1;
    if (kind === SPACE) continue;
    if (code === SLASH && text.charCodeAt(at) === SLASH) {
      at = endOfLine(text, at);
      continue;
    }
    parts += 1;
    if (kind === WORD) {
      while (KINDS[text.charCodeAt(at)] === WORD) at += 1;
      // To Cedar 1in is a number and an operator.
      const from = endOfNumber(text, start, at);
      const word = at - from > LONGEST_WORD ? '' : text.slice(from, at);
      depth.word(word);
      before = from === start ? word : '';
    } else if (code === QUOTE) {
      at = endOfString(text, at);
      if (before === 'like') patterns += at - start - 2;
      before = '"';
    } else {
      if (code === OPEN && before === 'unknown') unknownCall ??= beforeAt;
      if (depth.sign(code, text.charCodeAt(at))) {
        // The second character of && or || is a part of its own.
        parts += 1;
        at += 1;
      }
      before = '';
    }
    beforeAt = start;
  }
  return { depth: depth.total(), parts, patterns, unknownCall };
}

/** The {@link PolicyExtent.depth} of a text. */
export function policyDepth(text: string): number {
  return policyExtent(text).depth;
}

/** The {@link PolicyExtent.parts} of a text. */
export function policySize(text: string): number {
  return policyExtent(text).parts;
}

/** The {@link PolicyExtent.patterns} of a text. */
export function patternSize(text: string): number {
  return policyExtent(text).patterns;
}

const SIGN = 0;
const SPACE = 1;
const WORD = 2;

const SLASH = 0x2f;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const NINE = 0x39;

/** What each ASCII character is: white space, a character of a word, or a sign. */
const KINDS: readonly number[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /\s/.test(character) ? SPACE : /\w/.test(character) ? WORD : SIGN;
});

function isSpace(code: number): boolean {
  return /\s/.test(String.fromCharCode(code));
}

/** How many characters the longest word has that means something here: `unknown`. */
const LONGEST_WORD = 7;

/** The place behind the digits that a word begins with. */
function endOfNumber(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) <= NINE) at += 1;
  return at;
}

/** The end of the line of a comment. */
export function endOfLine(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d) break;
  }
  return at;
}

/** The place behind a string whose quotation mark is before `from`; the end of the text when it is not closed. */
export function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code !== BACKSLASH) continue;
    // A backslash escapes a character. Without one, it does not belong to the string.
    if (at + 1 === text.length) return at;
    at += 1;
  }
  return text.length;
}

/** The depth of the text between two brackets, as far as it has been read. */
interface Level {
  /** How many {@link LINKS} the element has so far. */
  chain: number;
  /** How many operators the current term has so far. */
  term: number;
  /** The depth of the deepest bracket in the current term. */
  child: number;
  /** The depth of the deepest term of the current element. */
  terms: number;
  /** The depth of the deepest element so far; commas separate elements. */
  elements: number;
}

const newLevel = (): Level => ({ chain: 0, term: 0, child: 0, terms: 0, elements: 0 });

/** Ends the current term of a level. */
function endTerm(level: Level): void {
  level.terms = Math.max(level.terms, level.term + level.child);
  level.term = 0;
  level.child = 0;
}

/** Ends the current element of a level. */
function endElement(level: Level): void {
  endTerm(level);
  level.elements = Math.max(level.elements, level.chain + level.terms);
  level.chain = 0;
  level.terms = 0;
}

/** Adds up the depth of a text that it is told part by part. */
class Depth {
  #level = newLevel();
  readonly #outer: Level[] = [];

  /** Reads a word. */
  word(word: string): void {
    if (OPERATOR_WORDS.has(word)) this.#level.term += word.length;
    else if (LINKS.has(word)) this.#link();
    else if (SEPARATORS.has(word)) endTerm(this.#level);
  }

  /** Reads a sign and sees the next character. @returns Whether that belongs to the sign. */
  sign(code: number, next: number): boolean {
    switch (code) {
      case OPEN:
      case 0x5b: // [
      case 0x7b: // {
        // An index or a call is a step of its term as well, as in a["b"]["c"].
        this.#level.term += 1;
        this.#outer.push(this.#level);
        this.#level = newLevel();
        return false;
      case 0x29: // )
      case 0x5d: // ]
      case 0x7d: // }
        this.#close();
        return false;
      case 0x2c: // ,
      case 0x3b: // ;
        endElement(this.#level);
        return false;
      case 0x26: // &
      case 0x7c: // |
        if (next !== code) return false;
        this.#link();
        return true;
      case 0x21: // !
      case 0x2a: // *
      case 0x2b: // +
      case 0x2d: // -
      case 0x2e: // .
      case 0x3c: // <
      case 0x3d: // =
      case 0x3e: // >
        this.#level.term += 1;
        return false;
      default:
        return false;
    }
  }

  /** The depth of the whole text. Cedar reports brackets that are left open, but parses as deep as if they were closed. */
  total(): number {
    let depth = 0;
    for (const level of [this.#level, ...this.#outer.toReversed()]) {
      level.child = Math.max(level.child, depth);
      endElement(level);
      depth = level.elements + BRACKET;
    }
    return depth - BRACKET;
  }

  #link(): void {
    this.#level.chain += 1;
    endTerm(this.#level);
  }

  #close(): void {
    const outer = this.#outer.pop();
    if (outer === undefined) return;
    endElement(this.#level);
    outer.child = Math.max(outer.child, this.#level.elements + BRACKET);
    this.#level = outer;
  }
}
