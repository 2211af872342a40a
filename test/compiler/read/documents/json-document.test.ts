import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonDocument } from '../../../../src/compiler/read/documents/json-document.ts';

/** What makes up JSON texts, and what resembles it. */
const PARTS =
  '{ } [ ] : , "a" "b" "\\u0061" 1 -0 1e5 01 1. - .5 null true nulll // /* \u00a0 \ufeff "\u0001" "\\x" " \f'.split(
    ' ',
  );
const parts = fc.array(fc.constantFrom(...PARTS, ' ', '\n', '\t', '\u2028'), { maxLength: 12 });
const edited = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.nat(100), fc.nat(2), fc.constantFrom('', ...PARTS))
  .map(([text, at, cut, part]) => text.slice(0, at) + part + text.slice(at + cut));

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

test('a text has a syntax fault exactly when JSON.parse throws, and the same value otherwise', () => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        parts.map((each) => each.join('')),
        edited,
      ),
      (text) => {
        const ours = parseJsonDocument(text);
        const theirs = parsed(text);
        const message = ours.ok ? '' : ours.faults[0]?.message;
        if (theirs === undefined) {
          expect(message).toMatch(/^Not JSON: (?!invalid json\.)[a-z ]+\.$/);
        } else if (ours.ok) {
          read += 1;
          expect(ours.documents.map(({ value }) => value)).toEqual([theirs.value]);
        } else {
          expect(message).toMatch(/^The key ".*" is (repeated|not allowed)\.$|^A string holds half/);
        }
      },
    ),
    { numRuns: 5_000 },
  );
  expect(read).toBeGreaterThan(200);
});

test.each([
  ['the first of several repeated keys is reported', '[{"a": 1, "a": 2}, {"b": 1, "b": 2}]', 'a', 11],
  ['keys are the same however they are escaped', '{"a": 1, "\\u0061": 2}', 'a', 10],
  ['a key is no other for standing in an inner object', '{"a": {"a": 1}, "a": 2}', 'a', 17],
])('%s', (_, text, key, column) => {
  expect(parseJsonDocument(text)).toEqual({
    ok: false,
    syntax: 'json',
    faults: [{ message: `The key "${key}" is repeated.`, position: { line: 1, column } }],
  });
});

test('a key with an escape is never taken for one that was seen before', () => {
  const other: unknown = JSON.parse(String.raw`{"containers": 1, "hostNetwor\\": 2}`);
  expect(other).toEqual({ containers: 1, 'hostNetwor\\': 2 });
  const parsed = parseJsonDocument(String.raw`{"containers": [-0, 1e2, "\n"], "hostNetwor\u006b": true}`);
  expect(parsed.ok && parsed.documents[0]?.value).toEqual({ containers: [-0, 100, '\n'], hostNetwork: true });
});
