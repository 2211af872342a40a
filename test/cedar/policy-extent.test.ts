import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PolicyExtent, policyExtent } from '../../src/cedar/policy-extent.ts';
import { runs } from '../support/runs.ts';

/** The words, literals and signs of a policy, and its comments. */
const PART = /\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|\w+|[^\s\w]/g;

/** The parts that matter to the depth; the others are skipped. */
const STEP =
  /\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|&&|\|\||::|[([{<]|[)\]}>]|[.+\-*=!]+|[A-Za-z_]\w*|[,;]/g;

/** What is between two brackets: an expression with its depth so far. */
interface Level {
  chain: number;
  term: number;
  child: number;
  terms: number;
  elements: number;
}

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

/** The depth, as regular expressions find it. */
function depthByPattern(text: string): number {
  const newLevel = (): Level => ({ chain: 0, term: 0, child: 0, terms: 0, elements: 0 });
  const stack = [newLevel()];
  for (const [token] of text.matchAll(STEP)) {
    const level = stack.at(-1);
    if (level === undefined) break;
    if (/^[([{]$/.test(token)) {
      level.term += 1;
      stack.push(newLevel());
    } else if (/^[)\]}]$/.test(token)) {
      if (stack.length === 1) continue;
      endElement(level);
      stack.pop();
      const outer = stack.at(-1);
      if (outer !== undefined) outer.child = Math.max(outer.child, level.elements + 3);
    } else if (token === ',' || token === ';') {
      endElement(level);
    } else if (/^(&&|\|\||if|when|unless)$/.test(token)) {
      level.chain += 1;
      endTerm(level);
    } else if (/^(then|else|permit|forbid)$/.test(token)) {
      endTerm(level);
    } else if (/^(in|has|like|is)$/.test(token) || /^[.+\-*=!<>]/.test(token)) {
      level.term += token.length;
    }
  }
  let depth = 0;
  for (const level of stack.reverse()) {
    level.child = Math.max(level.child, depth);
    endElement(level);
    depth = level.elements + 3;
  }
  return depth - 3;
}

/** The extent of a text, as regular expressions find it in several passes. */
function extentByPattern(text: string): PolicyExtent {
  const parts = [...text.matchAll(PART)].filter(([part]) => !part.startsWith('//'));
  let patterns = 0;
  let unknownCall: number | undefined;
  for (const [at, [part]] of parts.entries()) {
    const before = parts[at - 1];
    if (before?.[0] === 'like' && part.startsWith('"')) patterns += part.length - 2;
    if (before?.[0] === 'unknown' && part === '(') unknownCall ??= before.index;
  }
  return { depth: depthByPattern(text), parts: parts.length, patterns, unknownCall };
}

const piece = fc.constantFrom(
  ...'()[]{}<>=!&|:;,.+-*/%@?\\"\n\r\t é😀\u00a0\u2028\ufeff\0'.split(''),
  ...['&&', '||', '==', '<=', '>=', '!=', '::', '//', '// a "comment"\n', '""', '"a"', '"\\""', '"a\\n*"'],
  ...['permit', 'forbid', 'when', 'unless', 'if', 'then', 'else', 'in', 'has', 'is', 'like', 'like "a*"'],
  ...['unknown', 'unknown(', 'principal', 'resource.path', '_in', 'inside', '7', '12in', '12if', '1234567in'],
  ...['1like "a"', '1unknown("a")', '\u212a'],
);

describe('one pass over a text', () => {
  test.each([
    ['permit (principal, action, resource);', { depth: 4, parts: 9, patterns: 0, unknownCall: undefined }],
    ['a like "b*" // like "c"', { depth: 4, parts: 3, patterns: 2, unknownCall: undefined }],
    ['"a\\', { depth: 0, parts: 2, patterns: 0, unknownCall: undefined }],
    ['x && unknown ("a")', { depth: 5, parts: 7, patterns: 0, unknownCall: 5 }],
  ])('measures %j', (text, extent) => {
    expect(policyExtent(text)).toEqual(extent);
  });

  test('finds what a pass for each measure finds by patterns, in any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: piece }, fc.string({ unit: 'binary' })), { maxLength: 40 }),
        (pieces) => {
          const text = pieces.join('');
          expect(policyExtent(text)).toEqual(extentByPattern(text));
        },
      ),
      runs(20_000),
    );
  });
});
