import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../../src/compiler/model/limits.ts';
import {
  parseJsonDocument,
  type SimpleJsonReader,
} from '../../../../src/compiler/read/documents/json-document.ts';
import { readSimpleJson } from '../../../../src/compiler/read/documents/simple-json.ts';
import { skippedKind } from '../../../../src/compiler/read/skipped-kinds.ts';
import { runs } from '../../../support/runs.ts';
import { saidBy } from '../../../support/said-by.ts';

const readNothing: SimpleJsonReader = () => undefined;

/** Whether a text says the same to the reader as to the pass over the whole text. */
function isSame(text: string, read: SimpleJsonReader): boolean {
  return [LIMITS.documentNodes, 10].every((nodes) =>
    [skippedKind, () => undefined].every((skipped) => {
      const [ours, checked] = [read, readNothing].map((each) =>
        saidBy(parseJsonDocument(text, nodes, skipped, each)),
      );
      return isDeepStrictEqual(ours, checked);
    }),
  );
}

/** Objects with keys of few letters, so that adding members repeats some, and lists of what need not be read. */
const objects = fc.letrec<{ value: unknown; list: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('', 'a', 'é', '"\\', 'a:{[,', '\\', '\ud83d\ude00', 0, -0, 1.5, 1e21, true, null),
    fc.dictionary(fc.constantFrom('a', 'b', '1', 'items', 'kind', '"', '\\', 'a\nb', ''), tie('value')),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('list'),
  ),
  list: fc.record({
    items: fc.array(
      fc.oneof(
        tie('value'),
        fc.record({
          apiVersion: fc.constant('v1'),
          kind: fc.constantFrom('Secret', 'Pod'),
          data: tie('value'),
        }),
      ),
    ),
    kind: fc.constant('List'),
  }),
})).value;

const PARTS = [
  '"a": 1, ',
  '"\\u0061": 2,',
  '"__proto__": 1,',
  '\\ud83d',
  '\\uD83D\\uDE00',
  '\\u00e9',
  '\\"',
  '\ud83d',
  '"',
  '\\',
  ',',
  '1,',
  '{',
  ']',
  ' ',
  '\n',
  '0',
  '9007199254740993',
  '// a',
  '\ufeff',
];

/** JSON texts, compact or in lines, that somebody has edited here and there. */
const editedJson = fc
  .tuple(
    objects,
    fc.constantFrom(0, 1, 2),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom('', ...PARTS)), { maxLength: 2 }),
  )
  .map(([value, indent, edits]) =>
    edits.reduce(
      (text, [at, cut, part]) => {
        const place = at % (text.length + 1);
        // Most parts are members of an object, so half of the places are where one begins.
        const member = at % 2 === 0 ? text.indexOf('"', place) : place;
        return (
          text.slice(0, Math.max(member, 0)) +
          part +
          text.slice(Math.max(member, 0) + (part === '' ? cut : 0))
        );
      },
      JSON.stringify(value, null, indent),
    ),
  );

test('values, their order, their places and faults are those of the pass over the whole text', () => {
  let read = 0;
  const counted: SimpleJsonReader = (...args) => {
    const found = readSimpleJson(...args);
    if (found !== undefined) read += 1;
    return found;
  };
  fc.assert(
    fc.property(editedJson, (text) => isSame(text, counted)),
    runs(4_000),
  );
  expect(read).toBeGreaterThan(200);
});

/** Readers that make one mistake. */
test.each<[string, SimpleJsonReader]>([
  [
    'sees no repeated key',
    (text, _, kinds) => {
      try {
        const value: unknown = JSON.parse(text);
        return (
          readSimpleJson(JSON.stringify(value), LIMITS.nodes, kinds) && { value, skipped: new Set<number>() }
        );
      } catch {
        return undefined;
      }
    },
  ],
  ['reads what need not be read', (text, nodes) => readSimpleJson(text, nodes, () => undefined)],
  ['counts no values', (text, _, kinds) => readSimpleJson(text, LIMITS.nodes, kinds)],
  [
    'gives places within what is not read',
    (...args) => {
      const read = readSimpleJson(...args);
      return read && { ...read, skipped: new Set<number>() };
    },
  ],
  [
    'takes halves of surrogate pairs',
    (text, nodes, kinds) => {
      const read = readSimpleJson(text.replaceAll('\\ud83d', 'a'), nodes, kinds);
      return read && { ...read, value: JSON.parse(text) };
    },
  ],
])('a reader that %s is found out', (_, reader) => {
  const found = fc.check(
    fc.property(editedJson, (text) => isSame(text, reader)),
    { numRuns: 4_000, seed: 1, endOnFailure: true },
  );
  expect(found.failed).toBe(true);
});

describe('a text is left to the pass over all of it', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  test.each([
    ['with a repeated key', '{"a": 1, "a": 2}'],
    ['with a repeated key in other spelling', '{"a": 1, "\\u0061": 2}'],
    ['with a repeated key in a value that another replaces', '{"a": {"b": 1}, "a": {"c": 2, "d": 3}}'],
    ['with __proto__', '{"__proto__": 1}'],
    ['with __proto__ in other spelling', '{"__pr\\u006fto__": 1}'],
    ['with an escape in a key', '{"a\\"": "b\\""}'],
    ['with an escape in a key before a space', '{"a\\n" \n: 1}'],
    ['with half of a surrogate pair', '["\ud83d"]'],
    ['with half of a surrogate pair as an escape', '["\\ud83d"]'],
    ['with what is no JSON', '{"a": 1,}'],
    ['that is too deep', nested(LIMITS.depth + 1)],
    ['that is empty', ''],
    ['with too many values', `[${'1,'.repeat(LIMITS.documentNodes)}1]`],
  ])('%s', (_, text) => {
    expect(readSimpleJson(text, LIMITS.nodes, () => undefined)).toBe(undefined);
    expect(isSame(text, readSimpleJson)).toBe(true);
  });

  test('and others are not', () => {
    for (const text of ['null', '""', '{"a": {"a": "\\":\\\\"}}', nested(LIMITS.depth), ' [1, "\\u00e9"]\n'])
      expect(readSimpleJson(text, LIMITS.nodes, () => undefined)?.value).toEqual(JSON.parse(text));
  });
});
