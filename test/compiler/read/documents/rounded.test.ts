import { expect, test } from 'vitest';
import { isRounded } from '../../../../src/compiler/read/documents/rounded.ts';
import { parseDocuments } from '../../../../src/compiler/read/documents.ts';

test.each([
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775807',
  '0.99999999999999999999',
  '1.00000000000000000001',
  '9007199254740992.5',
  '1e-400',
])('%s is read as another integer', (literal) => {
  expect(isRounded(literal)).toBe(true);
});

test.each([
  '0',
  '-0',
  '+1',
  '1.0',
  '1.50e1',
  '1e3',
  '0.1',
  '.5',
  '1.',
  '9007199254740991',
  '9007199254740992',
  '1e22',
  '0x1f',
  '0o17',
  '1e400',
  '.inf',
  '0644',
])('%s is read as it is, or as no integer', (literal) => {
  expect(isRounded(literal)).toBe(false);
});

test.each(['json', 'yaml'] as const)('rounded numbers of a %s text have their places', (syntax) => {
  const text =
    '{"a": [1,\n  9007199254740993], "b": "9007199254740993 \\" 0.99999999999999999999",\n "c": 1e-400}';
  const parsed = parseDocuments(text, syntax);
  if (!parsed.ok) throw new Error(parsed.faults[0]?.message);
  expect(parsed.documents.flatMap((document) => document.rounded())).toEqual([
    { line: 2, column: 3 },
    { line: 3, column: 7 },
  ]);
});
