/** A policy or schema in pieces: brackets, operators, words; strings and comments are left out. */
const TOKEN =
  /\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|&&|\|\||::|[([{<]|[)\]}>]|[.+\-*=!]+|[A-Za-z_]\w*|[,;]/g;

/** How much deeper a bracket takes the parser than an operator does, measured. */
const BRACKET = 3;

const OPERATOR_WORDS = new Set(['in', 'has', 'like', 'is']);

/** Words after which something begins that is no deeper for what was before. */
const SEPARATORS = new Set(['then', 'else', 'permit', 'forbid']);

/** What joins two things into one, of which the second is a step further down. */
const LINKS = new Set(['&&', '||', 'if', 'when', 'unless']);

/** The depth of what stands between two brackets. */
interface Level {
  /** {@link LINKS}: a policy's clauses are one chain of `&&` to Cedar. */
  chain: number;
  /** Operators of the term that is being read, and the deepest bracket in it. */
  term: number;
  child: number;
  /** The deepest term, and the deepest element before a comma. */
  terms: number;
  elements: number;
}

const newLevel = (): Level => ({ chain: 0, term: 0, child: 0, terms: 0, elements: 0 });

function endTerm(level: Level): void {
  level.terms = Math.max(level.terms, level.term + level.child);
  level.term = 0;
  level.child = 0;
}

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
      // An index or a call is a step of its term, too: a["b"]["c"].
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
  // What is left open is a fault for Cedar to find, but it is as deep.
  let depth = 0;
  for (const level of stack.reverse()) {
    level.child = Math.max(level.child, depth);
    endElement(level);
    depth = level.elements + BRACKET;
  }
  return depth - BRACKET;
}

/** A word, literal or sign of a policy, or a comment. */
export const POLICY_PART = /\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|\w+|[^\s\w]/g;

/**
 * How many words, literals and signs a policy has; comments have none. Cedar takes some kilobytes for each
 * while it parses, which its memory keeps.
 */
export function policySize(text: string): number {
  let size = 0;
  for (const [part] of text.matchAll(POLICY_PART)) if (!part.startsWith('//')) size += 1;
  return size;
}

/**
 * How many characters the patterns of a policy's `like` have. Cedar makes an element of each, at some 200
 * bytes, which its memory keeps.
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
