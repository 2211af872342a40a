import { expect, test } from 'vitest';
import { folderFacts, longestFunctions, namesakes } from './facts.ts';
import { parseSource } from './source.ts';

const FILES = [
  parseSource('src/a/one.ts', 'export const a = 1;\n'),
  parseSource('src/a/three.ts', 'export function f() {\n  return [1].map((each) => each);\n}\n'),
  parseSource('src/a/b/six.ts', 'class C {\n  m() {\n    return () => {\n    };\n  }\n}\n'),
];

test('the sizes of folders', () => {
  expect(folderFacts(FILES)).toEqual([
    { folder: 'src/a', files: 2, medianLines: 2, largest: { path: 'src/a/three.ts', lines: 3 } },
    { folder: 'src/a/b', files: 1, medianLines: 6, largest: { path: 'src/a/b/six.ts', lines: 6 } },
  ]);
});

test('the files of one name', () => {
  expect(namesakes([...FILES, parseSource('src/a/b/one.ts', '')])).toEqual([
    ['src/a/one.ts', 'src/a/b/one.ts'],
  ]);
});

test('the longest functions', () => {
  expect(longestFunctions(FILES, 2)).toEqual([
    { path: 'src/a/b/six.ts', line: 2, name: 'm', lines: 4 },
    { path: 'src/a/three.ts', line: 1, name: 'f', lines: 3 },
  ]);
});
