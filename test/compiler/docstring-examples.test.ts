import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const files = globSync('src/**/*.ts').filter((file) => /^ \* @example$/m.test(readFileSync(file, 'utf8')));
/** Runs the examples of some files in Node, with the hooks that load Cedar. */
function run(sources: readonly string[]): unknown {
  const args = [
    '--no-warnings',
    '--import',
    './src/cli/hooks.ts',
    'test/support/run-examples.ts',
    ...sources,
  ];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }));
}

test('every example of a docstring runs, and gives what it says', () => {
  const examples = files.flatMap((file) => readFileSync(file, 'utf8').match(/^ *\* @example$/gm) ?? []);
  expect(run(files)).toEqual({ examples: examples.length, expectations: expect.any(Number) });
});

test('an example that does not give what it says fails', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'examples-')), 'wrong.ts');
  writeFileSync(
    file,
    '/**\n * @example\n * twice(2); // => 5\n */\nexport const twice = (a: number) => 2 * a;\n',
  );
  expect(() => run([file])).toThrow('twice(2)');
});

test('the compiler stands alone: its entry loads in Node, with nothing else', () => {
  const program =
    "import('./src/compiler/index.ts').then((compiler) => console.log(JSON.stringify(Object.keys(compiler))))";
  const exported: unknown = JSON.parse(
    execFileSync(process.execPath, ['--no-warnings', '-e', program], { encoding: 'utf8' }),
  );
  expect(exported).toEqual(expect.arrayContaining(['compile', 'parseDocuments', 'readWorkloads']));
});
