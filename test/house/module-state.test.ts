import { describe, expect, test } from 'vitest';
import { moduleState } from './module-state.ts';
import { parseSource, sourcesIn } from './source.ts';

/** The names of what is found in some files, by path. */
function found(files: Readonly<Record<string, string>>): string[] {
  return moduleState(Object.entries(files).map(([path, text]) => parseSource(path, text))).map(
    ({ name, what }) => `${name} ${what}`,
  );
}

const names = (text: string): string[] => found({ 'src/a.ts': text }).map((each) => each.split(' ')[0] ?? '');

describe('state at the level of a module is found', () => {
  test.each([
    ['a variable', 'let a = 1;'],
    ['an exported variable', 'export let a: string | undefined;'],
    ['an old variable', 'var a = 1;'],
    ['a map', 'const a = new Map<string, number>();'],
    ['an exported set', 'export const a: Set<string> = new Set();'],
    ['a weak map', 'const a = new WeakMap<object, string>();'],
    ['a cache of ours', "import { Recent } from './b.ts'; const a = new Recent(10);"],
    ['a map within a table', 'const a = { names: new Map() };'],
    ['a list that grows', 'const a: string[] = []; export function f() { a.push("x"); }'],
    [
      'a table that is assigned into',
      'const a: Record<string, number> = {}; const f = () => { a["x"] = 1; };',
    ],
    ['a field within a table that is counted up', 'const a = { b: { n: 0 } }; const f = () => a.b.n++;'],
    ['a set with entries that takes more', 'const a = new Set([1]); const f = () => a.add(2);'],
    ['a table that is merged into', 'const a = {}; const f = (b: object) => Object.assign(a, b);'],
    ['a list that an entry is deleted of', 'const a = [1]; const f = () => { delete a[0]; };'],
    ['a function with a field', 'function a() { a.calls += 1; } a.calls = 0;'],
    ['a static field', 'class A { static a = 1; }'.replace('a =', 'b =')],
    [
      'a closure',
      'const make = () => { const m = new Map(); return (k: string) => m.set(k, 1); }; const a = make();',
    ],
    [
      'a closure over a counter',
      'function make() { let n = 0; return () => { n += 1; return n; }; } const a = make();',
    ],
    ['a closure in a table', 'function make() { let n = 0; return { next: () => n++ }; } const a = make();'],
    ['a closure by name', 'function make() { let n = 0; const b = () => n++; return b; } const a = make();'],
    [
      'a closure that another function makes',
      'function make() { let n = 0; return () => n++; } function more() { return make(); } const a = more();',
    ],
    ['a closure made on the spot', 'const a = (() => { let n = 0; return () => n++; })();'],
    [
      'an instance that a function makes',
      'class C {} function make() { const c = new C(); return c; } const a = make();',
    ],
    ['a regular expression that remembers', 'const a = /x/g; const f = (s: string) => a.test(s);'],
    ['what a package remembers', "import { a } from 'package'; a();"],
  ])('%s', (_, text) => {
    expect(names(text)).toEqual([text.includes('class A') ? 'static' : 'a']);
  });

  test('what another file changes', () => {
    expect(
      found({
        'src/a/a.ts': 'export const a: string[] = [];',
        'src/b.ts': "import { a as list } from './a/a.ts'; export const f = () => list.push('x');",
      }),
    ).toEqual(['a is changed after it was made (push)']);
  });

  test('a closure that is made by a function of another file', () => {
    expect(
      found({
        'src/a.ts': "import { make } from './b.ts'; export const a = make();",
        'src/b.ts': 'export function make() { const m = new Map(); return (k: string) => m.set(k, k); }',
      }),
    ).toEqual(['a keeps what the function that makes it closes over']);
  });
});

test.each([
  ['a number', 'const a = 1;'],
  ['a table', 'export const a = { b: [1, 2], c: { d: new Set(["x"]) } } as const;'],
  ['a set that begins complete', 'const a = new Set(["x", "y"]); const f = (s: string) => a.has(s);'],
  ['an empty set that cannot be added to', 'const a: ReadonlySet<string> = new Set();'],
  ['a schema', "import { z } from 'zod'; export const a = z.object({ b: z.string() });"],
  [
    'a table that a function makes',
    'function make() { const m = new Map(); m.set(1, 2); return m; } const a = make();',
  ],
  ['a list that is sorted as a copy', 'const a = [2, 1]; const f = () => [...a].sort();'],
  [
    'a function whose variables change',
    'function a() { const b = []; let c = 0; b.push(c); c += 1; return b; }',
  ],
  ['a parameter of the same name', 'function a() {} const f = (a: string[]) => a.push("x");'],
  ['a function named set in a table', 'const a = { set: (b: string) => b }; const f = () => a.set("x");'],
  ['a regular expression', 'const a = /x/; const f = (s: string) => a.test(s);'],
  ['a pattern that is used for all matches', 'const a = /x/g; const f = (s: string) => s.replaceAll(a, "");'],
  ['an encoder', 'const a = new TextEncoder();'],
  ['a class with fields', 'class A { readonly b = new Map(); #c = 0; next() { return this.#c++; } }'],
  ['a constant of a class', 'class A { static readonly b = 1; }'],
  ['a declaration', 'declare const a: Map<string, string>;'],
  ['a function that makes closures', 'export const make = () => { let n = 0; return () => n++; };'],
])('no state: %s', (_, text) => {
  expect(names(text)).toEqual([]);
});

test('a comment excuses what comes after it', () => {
  const text =
    '// Module state: the one of the test.\nexport const a = new Map();\n\nexport const b = new Map();';
  expect(moduleState([parseSource('src/a.ts', text)])).toMatchObject([
    { name: 'a', line: 2, excused: true },
    { name: 'b', line: 4, excused: false },
  ]);
});

test('a Worker has no state at the level of a module but what is excused', () => {
  const state = moduleState(sourcesIn('src'));
  expect(state.filter(({ excused }) => !excused)).toEqual([]);
  expect(state.map(({ path, name }) => `${path} ${name}`)).toEqual([
    'src/cedar/wasm.ts initSync',
    'src/index.ts isolate',
    'src/index.ts app',
  ]);
});
