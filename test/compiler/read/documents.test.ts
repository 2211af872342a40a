import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';

function values(text: string, syntax: 'json' | 'yaml' | 'sniff' = 'yaml'): unknown[] {
  const parsed = parseDocuments(text, syntax);
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join('; '));
  return parsed.documents.map(({ value }) => value);
}

function refusal(text: string, syntax: 'json' | 'yaml' | 'sniff' = 'yaml'): string {
  const parsed = parseDocuments(text, syntax);
  if (parsed.ok) return 'accepted';
  const [first] = parsed.faults;
  return `${first?.position.line}:${first?.position.column} ${first?.message}`;
}

describe('what a text holds', () => {
  test.each([
    ['one document', 'a: 1', [{ a: 1 }]],
    ['several documents', 'a: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['empty documents and comments are none', '---\n# nothing\n---\na: 1\n---\n', [{ a: 1 }]],
    ['an explicit null is one', 'null', [null]],
    ['nothing at all', '', []],
    ['anchors and aliases', 'a: &x [1]\nb: *x', [{ a: [1], b: [1] }]],
    [
      'merge keys: explicit keys win, then earlier sources',
      'x: &x {k: 1, m: 1}\nw: &w {m: 2, o: 2}\nz:\n  <<: [*x, *w]\n  k: 0',
      [{ x: { k: 1, m: 1 }, w: { m: 2, o: 2 }, z: { k: 0, m: 1, o: 2 } }],
    ],
    ['quoted keys and values', '"a": "b"\n"c": "d"\n', [{ a: 'b', c: 'd' }]],
    ['quoted text in a block scalar', 'a: |\n  "x"\n"b": ["c", "d"]\n', [{ a: '"x"\n', b: ['c', 'd'] }]],
    ['a quoted << is an ordinary key', '"<<": {a: 1}', [{ '<<': { a: 1 } }]],
    ['YAML 1.2: yes is a string', 'a: yes', [{ a: 'yes' }]],
    ['numbers and booleans as keys are strings', '1: a\ntrue: b', [{ '1': 'a', true: 'b' }]],
    ['a pair in a flow sequence is a mapping', '[a: 1]', [[{ a: 1 }]]],
    ['a byte order mark is skipped', '\ufeffa: 1', [{ a: 1 }]],
  ])('%s', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  test('a body of no declared type is JSON if it can be, else YAML', () => {
    expect(values('{"a": 1}', 'sniff')).toEqual([{ a: 1 }]);
    expect(values('{a: 1}', 'sniff')).toEqual([{ a: 1 }]);
    expect(values('a: 1', 'sniff')).toEqual([{ a: 1 }]);
  });
});

const AMBIGUOUS = ' is not allowed in YAML here: readers do not agree on it. Escape it in double quotes.';

describe('what is refused, and where', () => {
  const deep = LIMITS.depth + 1;
  test.each([
    ['a repeated key', 'a: 1\nb: 2\na: 3', '3:1 The key "a" is repeated.'],
    ['a prototype key', 'a:\n  __proto__: {x: 1}', '2:3 The key "__proto__" is not allowed.'],
    ['a tab as indentation', 'a:\n\tb: 1', '2:1 Not YAML: Tabs are not allowed as indentation'],
    [
      'an unknown tag',
      'a: !!python/object x',
      '1:4 Not YAML: Unresolved tag: tag:yaml.org,2002:python/object',
    ],
    ['an alias without its anchor', 'a: *x', '1:4 The alias *x has no anchor before it.'],
    ['an alias in its own anchor', 'a: &x [*x]', '1:8 The alias *x has no anchor before it.'],
    ['a mapping as key', '? {a: 1}\n: b', '1:3 A key must be a string.'],
    [
      'a merge after a key that it holds',
      'x: &x {k: 1}\nz:\n  k: 0\n  <<: *x',
      '4:3 The merge key (<<) must stand before the key "k", which it holds too.',
    ],
    ['a merge key with a tag', 'x: &x {k: 1}\nz:\n  !foo <<: *x', '3:3 Not YAML: Unresolved tag: !foo'],
    ['a comment that is a field to YAML 1.1', 'a: 1 # c\u0085b: 2', `1:9 The character U+0085${AMBIGUOUS}`],
    ['a line separator', 'a: 1 # c\u2028b: 2', `1:9 The character U+2028${AMBIGUOUS}`],
    ['a lone carriage return', 'a: 1 # c\rb: 2', `1:9 The character U+000D${AMBIGUOUS}`],
    ['a byte order mark in the middle', 'a: 1\n\ufeffa: 2', `2:1 The character U+FEFF${AMBIGUOUS}`],
    ['a control character', 'a: 1 #\u0000', `1:7 The character U+0000${AMBIGUOUS}`],
    [
      'half of a surrogate pair',
      'a: "\\ud800"',
      '1:4 A string holds half of a surrogate pair, which is not valid Unicode.',
    ],
    ['binary data', 'a: !!binary aGVsbG8=', '1:13 The tag tag:yaml.org,2002:binary is not allowed.'],
    ['a number that JSON does not have', 'a: .inf', '1:4 The value has no JSON form.'],
    [
      'directives without end',
      '%a\n'.repeat(2_000),
      '101:1 Not YAML: there are more than 100 errors up to here.',
    ],
    [
      'anchors without end',
      '- &a x\n'.repeat(2_000),
      '1001:3 The documents hold more than 1000 anchors, tags and directives.',
    ],
    [
      'strings that aliases make long',
      `a: &a ${'x'.repeat(100_000)}\nb: [${Array(90).fill('*a').join(', ')}]`,
      '2:165 The strings of the documents hold more than 4194304 characters, aliases counted in full.',
    ],
    ['quoted strings side by side', 'a: "" ""', '1:7 Not YAML: Unexpected double-quoted-scalar at node end'],
    [
      'nothing but errors',
      `a: ""${'\n""'.repeat(1_000)}`,
      '1001:3 Not YAML: there are more than 100 errors up to here.',
    ],
    [
      'a merge of something else',
      'a:\n  <<: 1',
      '2:3 A merge key (<<) needs a mapping or a list of mappings.',
    ],
    [
      'deep flow sequences',
      '['.repeat(deep * 1000),
      `1:${deep + 2} The document is nested deeper than 64 levels.`,
    ],
    [
      'deep block sequences',
      '- '.repeat(deep * 1000),
      `1:${2 * deep + 2} The document is nested deeper than 64 levels.`,
    ],
    [
      'deep nesting through aliases',
      `a: &a ${'['.repeat(40)}${']'.repeat(40)}\nb: ${'['.repeat(40)}*a${']'.repeat(40)}`,
      '2:44 The document is nested deeper than 64 levels.',
    ],
  ])('YAML: %s', (_, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  test('an alias bomb ends at the budget of values', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) =>
        `l${i}: &l${i} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*l${i - 1}`)).join(', ')}]`,
    );
    expect(refusal(levels.join('\n'))).toMatch(/more than 100000 values/);
  });

  test.each([
    ['a repeated key', '{"a": 1, "b": {"c": 1, "c": 2}}', '1:24 The key "c" is repeated.'],
    ['a prototype key', '{"a": {"__proto__": 1}}', '1:1 The key "__proto__" is not allowed.'],
    [
      'half of a surrogate pair',
      '{"a": "\\ud800"}',
      '1:1 A string holds half of a surrogate pair, which is not valid Unicode.',
    ],
    ['a comment', '{"a": 1} // x', '1:10 Not JSON: invalid comment token.'],
    ['a trailing comma', '{\n  "a": 1,\n}', '3:1 Not JSON: property name expected.'],
    ['nothing', '', '1:1 Not JSON: value expected.'],
    ['deep nesting', '['.repeat(100_000), `1:${deep} The document is nested deeper than 64 levels.`],
  ])('JSON: %s', (_, text, expected) => {
    expect(refusal(text, 'json')).toBe(expected);
  });
});

describe('where values stand', () => {
  const yaml =
    'spec:\n  containers:\n    - name: app\n      flags: {a: 1, b: 2}\nbase: &base\n  x: 1\nuse:\n  <<: *base\n';
  test.each([
    [[], '1:1'],
    [['spec'], '2:3'],
    [['spec', 'containers', 0], '3:7'],
    [['spec', 'containers', 0, 'name'], '3:13'],
    [['spec', 'containers', 0, 'flags', 'b'], '4:24'],
    [['spec', 'containers', 0, 'missing', 'deeper'], '3:7'],
    [['use', 'x'], '6:6'],
  ])('YAML %j at %s', (path, expected) => {
    const parsed = parseDocuments(yaml, 'yaml');
    const position = parsed.ok ? parsed.documents[0]?.locate(path) : undefined;
    expect(`${position?.line}:${position?.column}`).toBe(expected);
  });

  test('JSON too', () => {
    const parsed = parseDocuments('{\n  "a": [\n    {"b": true}\n  ]\n}', 'json');
    const document = parsed.ok ? parsed.documents[0] : undefined;
    expect(document?.locate(['a', 0, 'b'])).toEqual({ line: 3, column: 11 });
    expect(document?.locate(['a', 0, 'c'])).toEqual({ line: 3, column: 5 });
  });

  test('in the second document, lines count from the start of the body', () => {
    const parsed = parseDocuments('a: 1\n---\nb:\n  c: 2\n', 'yaml');
    expect(parsed.ok ? parsed.documents[1]?.locate(['b', 'c']) : undefined).toEqual({ line: 4, column: 6 });
  });
});
