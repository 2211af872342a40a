import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../../src/compiler/model/limits.ts';
import { readSimpleDocument } from '../../../../src/compiler/read/documents/simple-document.ts';
import {
  parseYamlDocuments,
  readNothing,
  type SimpleReader,
} from '../../../../src/compiler/read/documents/yaml-documents.ts';
import { yamlPieces } from '../../../../src/compiler/read/documents/yaml-pieces.ts';
import { runs } from '../../../support/runs.ts';
import { saidBy } from '../../../support/said-by.ts';
import { editedYaml, shortYaml, YAML_FIXTURES } from '../../../support/yaml-edits.ts';

function simply(text: string): unknown {
  return readSimpleDocument(text, { start: 0, end: text.length })?.value;
}

/** Whether a text says the same to the reader as to the general reader. */
function isSame(text: string, read: SimpleReader): boolean {
  const [ours, general] = [read, readNothing].map((each) =>
    saidBy(parseYamlDocuments(text, undefined, each)),
  );
  return isDeepStrictEqual(ours, general);
}

describe('a document is read in one pass', () => {
  test.each([
    [
      'mappings and lists',
      'a:\n  b: c\n  d:\n  - e\n  - f: g\n    h: i\n',
      { a: { b: 'c', d: ['e', { f: 'g', h: 'i' }] } },
    ],
    ['lists in lists', '- - a\n  - b\n-\n  - c: d\n', [['a', 'b'], [{ c: 'd' }]]],
    ['nothing', 'a:\nb: # c\nc:\n  -\n', { a: null, b: null, c: [null] }],
    [
      'words',
      'a: true\nb: False\nc: ~\nd: null\ne: yes\n',
      { a: true, b: false, c: null, d: null, e: 'yes' },
    ],
    ['numbers', 'a: 8080\nb: -1\nc: 0.5\nd: 0644\n', { a: 8080, b: -1, c: 0.5, d: 420 }],
    [
      'what is no number',
      'a: 100m\nb: 1.2.3\nc: 10.0.0.0/8\nd: -c\n',
      { a: '100m', b: '1.2.3', c: '10.0.0.0/8', d: '-c' },
    ],
    ['colons and hashes', 'a: b:c#d\ne: http://f:80/#g # h\n', { a: 'b:c#d', e: 'http://f:80/#g' }],
    ['single quotes', "a: 'it''s # : \\n'\n'b c': ''\n", { a: "it's # : \\n", 'b c': '' }],
    ['double quotes', '"a": "\\"b\\\\\\n\\u00e9" # c\n', { a: '"b\\\né' }],
    [
      'brackets',
      'a: []\nb: {}\nc: [ALL, "x", 1]\nd: {e: f, g: [h]}\n',
      { a: [], b: {}, c: ['ALL', 'x', 1], d: { e: 'f', g: ['h'] } },
    ],
    ['literal blocks', 'a: |\n  b: c\n\n    # d\n\ne: |-\n  f\n# g\n', { a: 'b: c\n\n  # d\n', e: 'f' }],
    [
      'literal blocks with blank lines',
      'a: |\n\n  b\n     \n  c\nd: |-\n  e\n\n',
      { a: '\nb\n   \nc\n', d: 'e' },
    ],
    ['literal blocks that begin with spaces', 'a: |\n  \n   b\n', { a: '\nb\n' }],
    ['folded blocks', 'a: >\n  b\n  c\n\nd:\n- >-\n  e\n', { a: 'b c\n', d: ['e'] }],
    ['a block without the end of a line', 'a: |\n  b', { a: 'b\n' }],
    ['comments and blank lines', '# a\n\nb: # c\n      # d\n  # e\n\n  f: g\n # h\n', { b: { f: 'g' } }],
    ['a marker', '---  # a\nb: c', { b: 'c' }],
  ])('with %s', (_, text, value) => {
    expect(simply(text)).toEqual(value);
    expect(isSame(text, readSimpleDocument)).toBe(true);
  });

  test('as most documents of workloads are', () => {
    const documents = YAML_FIXTURES.flatMap((text) =>
      [...yamlPieces(text)].map((piece) => ({ text, piece })),
    );
    const left = documents.filter(({ text, piece }) => readSimpleDocument(text, piece) === undefined);
    expect(left.length).toBeLessThan(documents.length / 10);
  });
});

describe('a document is left to the general reader', () => {
  test.each([
    ['with an anchor', 'a: &b c\n'],
    ['with an alias', 'a: *b\n'],
    ['with a tag', 'a: !!str b\n'],
    ['with a merge key', '<<: {a: b}\n'],
    ['with an explicit key', '? a\n: b\n'],
    ['with a directive', '%YAML 1.2\n---\na: b\n'],
    ['with an end', 'a: b\n...\n'],
    ['with a tab', 'a:\tb\n'],
    ['with a tab before a line', 'a:\n\tb: c\n'],
    ['with CRLF', 'a: b\r\n'],
    ['with CRLF in a literal block', 'a: |\n  b\r\n  c\n'],
    ['with a byte order mark', '\ufeffa: b\n'],
    ['that is a scalar', 'a\n'],
    ['that is in brackets', '{a: b}\n'],
    ['that is empty', '# a\n'],
    ['that is indented', '  a: b\n'],
    ['with a repeated key', 'a: b\na: c\n'],
    ['with a repeated key in brackets', 'a: {b: c, b: d}\n'],
    ['with the key __proto__', '__proto__: a\n'],
    ['with the quoted key __proto__', '"__proto__": a\n'],
    ['with a key that is a boolean to some', 'on: a\n'],
    ['with a key that is a number', '8080: a\n'],
    ['with a key before a space', 'a : b\n'],
    ['with a key and no space', 'a:b\n'],
    ['with two keys on a line', 'a: b: c\n'],
    ['with a scalar over two lines', 'a: b\n  c\n'],
    ['with a quoted scalar over two lines', 'a: "b\n  c"\n'],
    ['with a scalar in the next line', 'a:\n  b\n'],
    ['with brackets over two lines', 'a: [b,\n  c]\n'],
    ['with a folded block of two paragraphs', 'a: >\n  b\n\n  c\n'],
    ['with a folded block that begins blank', 'a: >\n\n  b\n'],
    ['with a folded block that is indented further', 'a: >\n  b\n   c\n'],
    ['with a folded block and a tab', 'a: >\n  b\n  \tc\n'],
    ['with a block that keeps its end', 'a: |+\n  b\n'],
    ['with a block that names its indentation', 'a: |2\n  b\n'],
    ['with a block that begins with a long blank line', 'a: |\n   \n  b\n'],
    ['with a block that ends with a long blank line', 'a: |\n  b\n   \n'],
    ['with a blank block', 'a: |\n\n'],
    ['with a block that is not indented', 'a:\n  b: |\n  c\n'],
    ['with a text behind quotes', 'a: "b" c\n'],
    ['with a comment right behind quotes', 'a: "b"#c\n'],
    ['with a rare escape', 'a: "\\x41"\n'],
    ['with half of a surrogate pair', 'a: "\\ud83d"\n'],
    ['with an integer beyond 2^53', 'a: 9007199254740993\n'],
    ['with a number in another notation', 'a: 1e3\n'],
    ['with a hexadecimal number', 'a: 0x1f\n'],
    ['with a number that JSON has not', 'a: .inf\n'],
    ['with a reserved sign', 'a: @b\n'],
    ['with a line between two indentations', 'a:\n    b: c\n  d: e\n'],
    ['with a key beside a list', 'a:\n  - b\n  c: d\n'],
    ['with a list beside keys', 'a: b\n- c\n'],
    ['that is deep', `${Array.from({ length: 45 }, (_, level) => `${' '.repeat(level)}a:\n`).join('')}`],
  ])('%s', (_, text) => {
    expect(simply(text)).toBe(undefined);
    expect(isSame(`${text}---\na: b\n`, readSimpleDocument)).toBe(true);
  });
});

describe('limits', () => {
  const list = (values: number) => `a:\n${'- b\n'.repeat(values - 2)}`;
  const message = (text: string) => {
    const parsed = parseYamlDocuments(text);
    return parsed.ok ? undefined : parsed.faults;
  };

  test.each([
    ['in blocks', list],
    [
      'in mappings',
      (values: number) => Array.from({ length: values - 1 }, (_, index) => `k${index}:\n`).join(''),
    ],
    ['in brackets', (values: number) => `a: [${'b,'.repeat(values - 3)}b]`],
  ])('no more values than a document may hold are read in one pass, %s', (_, textOf) => {
    expect(simply(textOf(LIMITS.documentNodes))).toBeDefined();
    expect(simply(textOf(LIMITS.documentNodes + 1))).toBe(undefined);
  });

  test('all documents have so many values, whoever reads them', () => {
    // The general reader reads those with aliases, which count as what they stand for.
    const full = `a: &a [${'1,'.repeat(9_997)}]\nb: [${'*a,'.repeat(9)}]\n---\n`;
    const spent = 1 + 10 * 9_998 + 1;
    const text = `${full.repeat(3)}${`${list(20_000)}---\n`.repeat(4)}`;
    const rest = LIMITS.nodes - 3 * spent - 4 * 20_000;
    expect(message(`${text}${list(rest)}`)).toBe(undefined);
    expect(message(`${text}${list(rest + 1)}`)).toMatchObject([
      { message: 'The documents hold more than 400000 values.', position: { line: 80_009 + rest } },
    ]);
  });

  test('no document has too many lexemes because others may have more than they have', () => {
    let read = 0;
    const guessing: SimpleReader = (text, piece) => {
      const document = readSimpleDocument(text, piece);
      if (document !== undefined) read += 1;
      return document && { ...document, nodes: 79_990 };
    };
    const parsed = (guessed: number) =>
      parseYamlDocuments(`${'a: b\n---\n'.repeat(guessed)}a: &a [${'1,'.repeat(500)}]`, undefined, guessing);
    for (const guessed of [3, 4]) expect([guessed, parsed(guessed).ok]).toEqual([guessed, true]);
    expect(read).toBe(3 + 4);
  });

  test('strings have so many characters, keys included', () => {
    const quarter = 'x'.repeat(LIMITS.characters / 4 - 1);
    const text = (last: string) => `a: ${quarter}\n---\na: ${quarter}\n---\na: ${quarter}\n---\na: ${last}\n`;
    expect(message(text(quarter))).toBe(undefined);
    expect(message(text(`${quarter}x`))).toMatchObject([
      { message: expect.stringMatching(/^The strings of the documents hold more than/) },
    ]);
  });
});

describe('whatever the text', () => {
  test('values, their order, their places and faults are those of the general reader', () => {
    let read = 0;
    const counted: SimpleReader = (text, piece) => {
      const document = readSimpleDocument(text, piece);
      if (document !== undefined) read += 1;
      return document;
    };
    fc.assert(
      fc.property(editedYaml, (text) => isSame(text, counted)),
      runs(2_000),
    );
    fc.assert(
      fc.property(shortYaml, (text) => isSame(text, counted)),
      runs(8_000),
    );
    expect(read).toBeGreaterThan(200);
  });

  /** Readers that make one mistake: most take one text for another of the same length. */
  test.each<[string, SimpleReader]>([
    ['takes tabs for spaces', taking('\t', ' ')],
    ['takes a dash for a word', taking('- ', 'x ')],
    ['does not know the marker of an anchor', taking('&', 'x')],
    ['sees no comments', taking(' #', ' x')],
    ['takes a wider indentation for a narrower', taking('\n   ', '\n  x')],
    ['keeps the end of a block that has none', taking('|-\n', '| \n')],
    ['takes true for a text', taking('true', 'tru_')],
    [
      'is one place off',
      (text, piece) => {
        const read = readSimpleDocument(text, piece);
        return (
          read && { ...read, places: { ...read.places, starts: read.places.starts.map((at) => at + 1) } }
        );
      },
    ],
    [
      'forgets the last document of a text',
      (text, piece) =>
        piece.end < text.length
          ? readSimpleDocument(text, piece)
          : readSimpleDocument('a: b', { start: 0, end: 4 }),
    ],
  ])('a reader that %s is found out', (_, reader) => {
    const found = fc.check(
      fc.property(fc.oneof(editedYaml, shortYaml), (text) => isSame(text, reader)),
      { numRuns: 4_000, seed: 1, endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });
});

function taking(one: string, other: string): SimpleReader {
  return (text, piece) => readSimpleDocument(text.replaceAll(one, other), piece);
}
