/**
 * Prints how the house is built, and fails when a rule of it is broken: `npm run house`.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { folderFacts, longestFunctions, namesakes } from './facts.ts';
import { circlesOf, importsOf } from './imports.ts';
import { moduleState } from './module-state.ts';
import { forbiddenImports } from './rooms.ts';
import { sourcesIn } from './source.ts';

const source = sourcesIn('src');
const imports = source.flatMap(importsOf);
const state = moduleState(source);
const faults = [
  ...forbiddenImports(imports).map((each) => `${each}, which test/house/rooms.ts does not allow.`),
  ...circlesOf([...sourcesIn('test'), ...sourcesIn('bench')].flatMap(importsOf).concat(imports)).map(
    (circle) => `The imports go in a circle: ${circle.join(' → ')}.`,
  ),
  ...state
    .filter(({ excused }) => !excused)
    .map(
      ({ path, line, name, what }) =>
        `${path}:${line}: ${name} ${what}: keep it in the isolate (src/isolate.ts).`,
    ),
];

const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (head: string[], rows: string[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n');

console.log(
  [
    table(
      ['folder', 'files', 'median lines', 'most lines', 'largest file'],
      folderFacts(source).map(({ folder, files, medianLines, largest }) =>
        row(folder, files, medianLines, largest.lines, largest.path.slice(folder.length + 1)),
      ),
    ),
    table(
      ['longest functions', 'lines', 'where'],
      longestFunctions(source, 10).map(({ name, lines, path, line }) => row(name, lines, `${path}:${line}`)),
    ),
    table(
      ['module-level state, each excused by a comment', 'where'],
      state.filter(({ excused }) => excused).map(({ name, path, line }) => row(name, `${path}:${line}`)),
    ),
    table(
      ['files of one name'],
      namesakes(source).map((paths) => row(paths.join(', '))),
    ),
    existsSync('dist')
      ? execFileSync(process.execPath, ['src/cli/bundle-size.ts'], { encoding: 'utf8' }).trim()
      : 'bundle: not made yet (npm run bundle)',
    faults.length === 0
      ? 'No import is forbidden, none goes in a circle, and no other state is at the level of a module.'
      : faults.join('\n'),
  ].join('\n\n'),
);
if (faults.length > 0) process.exitCode = 1;
