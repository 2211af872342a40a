/**
 * Measures policies by their text, before Cedar reads them: their depth, their size and their patterns.
 * @module
 */

/** The brackets, operators, words and separators of a policy; also its strings and comments, to skip them. */
const TOKEN =
  /\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|&&|\|\||::|[([{<]|[)\]}>]|[.+\-*=!]+|[A-Za-z_]\w*|[,;]/g;

/** How many times as deep as an operator a bracket takes the parser, as measured. */
const BRACKET = 3;

/** The operators that are words. */
const OPERATOR_WORDS = new Set(['in', 'has', 'like', 'is']);

/** Words after which a new term begins, which does not add to the depth of the term before. */
const SEPARATORS: ReadonlySet<string> = new Set(['then', 'else', 'permit', 'forbid']);

/** Operators and words that make a chain, whose second part is one step deeper than the first. */
const LINKS: ReadonlySet<string> = new Set(['&&', '||', 'if', 'when', 'unless']);

/** The depth of the text between two brackets, as far as it has been read. */
interface Level {
  /** How many {@link LINKS} the element has so far. To Cedar the clauses of a policy are one chain of `&&`. */
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

/** An upper bound of the depth of a policy's syntax tree: a bracket counts {@link BRACKET}, an operator 1. */
export function policyDepth(text: string): number {
  const stack = [newLevel()];
  for (const [token] of text.matchAll(TOKEN)) {
    const level = stack.at(-1);
    if (level === undefined) break;
    if (token === '(' || token === '[' || token === '{') {
      // An index or a call is a step of its term as well, as in a["b"]["c"].
      level.term += 1;
      stack.push(newLevel());
    } else if (token === ')' || token === ']' || token === '}') {
      if (stack.length === 1) continue;
      endElement(level);
      stack.pop();
      const outer = stack.at(-1);
      if (outer !== undefined) outer.child = Math.max(outer.child, level.elements + BRACKET);
    } else if (token === ',' || token === ';') {
      endElement(level);
    } else if (LINKS.has(token)) {
      level.chain += 1;
      endTerm(level);
    } else if (SEPARATORS.has(token)) {
      endTerm(level);
    } else if (OPERATOR_WORDS.has(token) || /^[.+\-*=!<>]/.test(token)) {
      level.term += token.length;
    }
  }
  // Cedar reports brackets that are left open, but parses as deep as if they were closed.
  let depth = 0;
  for (const level of stack.reverse()) {
    level.child = Math.max(level.child, depth);
    endElement(level);
    depth = level.elements + BRACKET;
  }
  return depth - BRACKET;
}

/** A word, a literal or a sign of a policy, or a comment. */
export const POLICY_PART = /\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|\w+|[^\s\w]/g;

/**
 * How many words, literals and signs a policy has, without its comments. Cedar takes some kilobytes for each of them
 * while it parses, and WebAssembly never gives memory back.
 */
export function policySize(text: string): number {
  let size = 0;
  for (const [part] of text.matchAll(POLICY_PART)) if (!part.startsWith('//')) size += 1;
  return size;
}

/**
 * How many characters the patterns behind `like` in a policy have. Cedar takes some 200 bytes for each of them, and
 * WebAssembly never gives memory back.
 */
export function patternSize(text: string): number {
  let size = 0;
  let before = '';
  for (const [part] of text.matchAll(POLICY_PART)) {
    if (part.startsWith('//')) continue;
    if (before === 'like' && part.startsWith('"')) size += part.length - 2;
    before = part;
  }
  return size;
}
