import { expect, test } from 'vitest';
import { undocumented } from './docstrings.ts';
import { parseSource, sourcesIn } from './source.ts';

const names = (text: string): string[] => undocumented(parseSource('src/a.ts', text)).map(({ name }) => name);

test('everything that a file of src exports has a docstring', () => {
  const missing = sourcesIn('src').flatMap(undocumented);
  expect(missing).toEqual([]);
});

test.each([
  ['a function', 'export function a() {}'],
  ['a constant, with a comment that is no docstring', '// What it is.\nexport const a = 1;'],
  ['a type', 'export type a = string;'],
  ['an interface', 'export interface a {}'],
  ['a class', 'export class a {}'],
  ['what comes after something described', '/** B. */\nexport const b = 1;\nexport const a = 2;'],
])('a planted declaration without a docstring is found: %s', (_, text) => {
  expect(names(text)).toEqual(['a']);
});

test('a public method of an exported class is found, but no other', () => {
  const text = `/** A. */
    export class A extends B {
      readonly field = 1;
      constructor() { super(); }
      get size(): number { return 1; }
      async load<T>(): Promise<void> {}
      /** C. */
      described(): void {}
      override toString(): string { return ''; }
      private hidden(): void {}
      #own(): void {}
    }`;
  expect(names(text)).toEqual(['A.size', 'A.load']);
});

test('what is described, not exported, or exported from another file is not found', () => {
  expect(names("/** A. */\nexport function a() {}\nfunction b() {}\nexport { c } from './c.ts';")).toEqual(
    [],
  );
});
