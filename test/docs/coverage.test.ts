import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { codesOf, read, tableOf } from './pages.ts';

test('has every folder of the source but that of the commands, which is not counted', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const folders = [...new Set(files.map((name) => dirname(join('src', name))))];
  expect(tableOf('docs/coverage.md', 'Figures').map(([folder]) => folder)).toEqual([
    ...folders.filter((folder) => !folder.startsWith('src/cli')).sort(),
    'all',
  ]);
});

test('names only files that there are', () => {
  const named = codesOf(read('docs/coverage.md')).filter((code) => /^[\w/-]+\.ts$/.test(code));
  expect(named.length).toBeGreaterThan(4);
  for (const name of named) expect(existsSync(name) || existsSync(join('src', name)), name).toBe(true);
});
