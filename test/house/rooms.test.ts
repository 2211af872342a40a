import { expect, test } from 'vitest';
import { circlesOf, type Import, importsOf } from './imports.ts';
import { forbiddenImports, ROOMS, roomOf } from './rooms.ts';
import { parseSource, sourcesIn } from './source.ts';

const SRC = sourcesIn('src');

/** The imports of some files that are planted. */
function planted(files: Readonly<Record<string, string>>): Import[] {
  return Object.entries(files).flatMap(([path, text]) => importsOf(parseSource(path, text)));
}

test('every file of src is in a room, but for declarations', () => {
  const outside = SRC.filter(({ path }) => roomOf(path) === undefined).map(({ path }) => path);
  expect(outside).toEqual(['src/modules.d.ts']);
});

test('every room imports only from rooms before it', () => {
  for (const [index, { path, rooms }] of ROOMS.entries()) {
    const before = ROOMS.slice(0, index).map((room) => room.path);
    expect(before, path).toEqual(expect.arrayContaining([...rooms]));
  }
});

test('no file imports what its room may not', () => {
  expect(forbiddenImports(SRC.flatMap(importsOf))).toEqual([]);
});

test.each([
  ['a higher room', 'src/cedar/a.ts', "import { b } from '../access/b.ts';"],
  ['another phase of the compiler', 'src/compiler/read/a.ts', "export { b } from '../emit/b.ts';"],
  ['a type of a higher room', 'src/memory/a.ts', "import type { B } from '../cedar/b.ts';"],
  ['a type in place', 'src/memory/a.ts', "export type A = import('../cedar/b.ts').B;"],
  ['a module that is loaded later', 'src/http/a.ts', "export const a = () => import('../api/keys/b.ts');"],
  ['the Worker', 'src/outputs/a.ts', "import app from '../index.ts';"],
  ['the application, from a nested folder', 'src/cedar/slicing/a.ts', "import '../../app.ts';"],
  ['another resource', 'src/api/keys/a.ts', "export * from '../policy-sets/b.ts';"],
  ['the command line', 'src/api/keys/a.ts', "import { b } from '../../cli/b.ts';"],
  ['a test', 'src/http/a.ts', "import { b } from '../../test/support/b.ts';"],
  ['a text of the tests', 'src/http/a.ts', "import b from '../../test/fixtures/b.yaml';"],
  ['a package that the room has no use for', 'src/compiler/emit/a.ts', "import { Hono } from 'hono';"],
  ['a module of Node', 'src/policy-sets/a.ts', "import { readFileSync } from 'node:fs';"],
])('a planted import is found: %s', (_, path, text) => {
  expect(forbiddenImports(planted({ [path]: text }))).toHaveLength(1);
});

test('a room may import itself, lower rooms, its packages and data of the repository', () => {
  const text = `
    import { z } from 'zod';
    import { initSync } from '@cedar-policy/cedar-wasm/web';
    import { a } from './slicing/a.ts';
    import { b } from '../memory/b.ts';
    import policies from '../../policies/a.cedar';
  `;
  expect(forbiddenImports(planted({ 'src/cedar/a.ts': text }))).toEqual([]);
});

test('the compiler leaves nothing to chance', () => {
  // The linter denies it the globals of I/O and the clock (biome.json), but a member of Math is no global.
  const random = SRC.filter(
    ({ path, text }) => path.startsWith('src/compiler/') && /Math\.random/.test(text),
  );
  expect(random.map(({ path }) => path)).toEqual([]);
});

test('no imports go in a circle', () => {
  expect(circlesOf([...SRC, ...sourcesIn('test'), ...sourcesIn('bench')].flatMap(importsOf))).toEqual([]);
});

test.each([
  ['of two', "import './b.ts';", "import './a.ts';"],
  ['of types', "import type { B } from './b.ts';", "export type { A } from './a.ts';"],
  ['of types in place', "export type A = import('./b.ts').B;", "import { a } from './a.ts';"],
  ['of modules that are loaded later', "export const a = import('./b.ts');", "import { a } from './a.ts';"],
])('a planted circle is found: %s', (_, a, b) => {
  expect(circlesOf(planted({ 'src/c.ts': "import './a.ts';", 'src/a.ts': a, 'src/b.ts': b }))).toEqual([
    ['src/a.ts', 'src/b.ts', 'src/a.ts'],
  ]);
});
