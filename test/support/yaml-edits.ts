import fc from 'fast-check';

const files = import.meta.glob('../fixtures/**/*.yaml', { query: '?raw', import: 'default', eager: true });

/** YAML files of workloads and of what is sent beside them, as people write them. */
export const YAML_FIXTURES: readonly string[] = Object.values(files).filter(
  (text) => typeof text === 'string',
);

/** What changes the meaning of a text at the place at which it is put, or looks as if it did. */
const PARTS =
  '  |\n|\n\n|:|: | #|# c|- |-|"|\'|[|]|{|}|,|&a |*a|!x |? |>|\t|\r\n|\u00a0|\u00e9|0|08|0644|1.0|1e3|9007199254740993|.inf|~|null|on|<<: |\\|\\n|\\u00e9|\\ud83d|%|@|\n---\n|\n...\n|\n# c\n|\n      # c\n|\n  - |key: v|__proto__: 1\n|"a": |{a: b}|[a, b]|- - a'
    .split('|')
    .concat('|', '|-\n', '|+\n', '|2\n');

/** Spellings of the value of a line. */
const VALUES: readonly ((value: string) => string)[] = [
  (value) => ` "${value}"`,
  (value) => ` '${value}'`,
  (value) => ` [${value}]`,
  (value) => ` {x: ${value}}`,
  (value) => ` |\n  ${value}`,
  (value) => ` |-\n          ${value}\n\n          ${value}`,
  () => '',
  (value) => ` ${value} # c`,
  (value) => `   ${value}  `,
  (value) => `\n${value}`,
  (value) => `\n            ${value}`,
];

interface Edit {
  readonly how: 'insert' | 'cut' | 'indent' | 'outdent' | 'move' | 'repeat' | 'value';
  readonly at: number;
  readonly to: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  how: fc.constantFrom('insert', 'insert', 'cut', 'indent', 'outdent', 'move', 'repeat', 'value'),
  at: fc.nat(),
  to: fc.nat(),
});

/** Texts of a few of {@link YAML_FIXTURES}, or of lines out of them, that somebody has edited here and there. */
export const editedYaml: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.tuple(fc.constantFrom(...YAML_FIXTURES), fc.nat(), fc.constantFrom(15, 30, 1_000)).map(linesOf),
      { minLength: 1, maxLength: 2 },
    ),
    fc.array(edit, { maxLength: 3 }),
  )
  .map(([texts, edits]) => edits.reduce(edited, texts.join('\n---\n')));

/** So many lines out of a text, from the left margin on. */
function linesOf([text, at, count]: readonly [string, number, number]): string {
  const all = text.split('\n');
  const lines = count > all.length ? all : all.slice(at % all.length).slice(0, count);
  const indent = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => line.search(/[^ ]/)),
    80,
  );
  return lines.map((line) => line.slice(indent)).join('\n');
}

function edited(text: string, { how, at, to }: Edit): string {
  const place = at % (text.length + 1);
  if (how === 'insert') return text.slice(0, place) + pick(PARTS, to) + text.slice(place);
  if (how === 'cut') return text.slice(0, place) + text.slice(place + 1 + (to % 4));
  const lines = text.split('\n');
  const index = at % lines.length;
  const line = lines[index] ?? '';
  if (how === 'indent') lines[index] = ' '.repeat(1 + (to % 3)) + line;
  if (how === 'outdent') lines[index] = line.replace(/^ {1,2}/, '');
  if (how === 'move') lines.splice(to % lines.length, 0, ...lines.splice(index, 1));
  if (how === 'repeat') lines.splice(to % lines.length, 0, line);
  if (how === 'value')
    lines[index] = line.replace(/:(?: (.*))?$/, (_, value = '') => `:${pick(VALUES, to)(value)}`);
  return lines.join('\n');
}

function pick<T>(list: readonly [T, ...T[]] | readonly T[], number: number): T {
  const found = list[number % list.length];
  if (found === undefined) throw new Error('The list is empty.');
  return found;
}

/** What a line says after its indentation. */
const LINES = [
  ...[
    'a: b',
    'b:',
    'c: # d',
    'd: [e, f]',
    'e: {f: g}',
    'f: []',
    '"g": h',
    "'h': 'i'",
    'i: |',
    'j: >-',
    'k: - l',
  ],
  ...[
    '- a',
    '-',
    '- b: c',
    '- d:',
    '- - e',
    '- - f: g',
    '- |',
    '- "h"',
    '- "i": j',
    '- {}',
    '-  k',
    '-- l',
    '- #m',
  ],
  ...['# a', '', '', 'text', '---', '...', 'b ', 'c: d: e', 'l: [m,'],
];
const WORDS =
  '0 -0 +1 08 0777 -07 0o7 0x1 1. .5 1.0 1e3 1_000 12:30 1.2.3 10m .inf .nan true TRUE tRUE yes on y null NULL nuLL ~ << = 2020-01-01 12345678901 9007199254740993 - -a . / $(A) a,b a] {a a#b a:b :a ?a *a %a @a `a !a &a |a >a "a"b "\\/" "\\e" "\\x41" "\\u0041" "\\ud800" \'a\'\'b\' \'\' \'\'\' "" "\\"" é __proto__ constructor'.split(
    ' ',
  );

const word = fc.constantFrom(...WORDS);
const indented = (lines: readonly string[], widest: number): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.nat(widest), fc.constantFrom(...lines)), { maxLength: 6 })
    .map((all) => all.map(([indent, line]) => `${' '.repeat(indent)}${line}`).join('\n'));

/** Texts of a few lines in every indentation, blocks with blank lines of every length, and words of every sort. */
export const shortYaml: fc.Arbitrary<string> = fc.oneof(
  indented(LINES, 4),
  fc
    .tuple(
      fc.constantFrom('a: ', '- ', '- a: ', 'a:\n  b: ', 'a:\n- b: ', '- - '),
      fc.constantFrom('|', '|-', '>', '>-', '| ', '|+', '|1'),
      indented(['', '', 'x', 'x y', '# z', '\tx', '- x', 'x\r'], 5),
      fc.constantFrom('', '\n', '\nb: c', '\n- c', '\n# d\n', '\n  e: f\n'),
    )
    .map(([before, header, lines, after]) => `${before}${header}\n${lines}${after}`),
  fc
    .tuple(
      fc.constantFrom('#: #\n#: #', '- #\n- #', '- #: #', 'a: [#, #]', 'a: {#: #, #: # }', 'a: # # b\nc: #'),
      fc.array(word, { minLength: 4, maxLength: 4 }),
    )
    .map(([form, words]) => words.reduce((text, each) => text.replace('#', () => each), form)),
);
