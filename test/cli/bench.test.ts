import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tablesIn } from '../../bench/write-page.ts';

const run = promisify(execFile);

test('the benchmark measures a Worker, and its page has a place for each of the tables', async () => {
  const { stdout } = await run(process.execPath, [
    '--import',
    './src/cli/hooks.ts',
    'bench/run.ts',
    '--tiny',
    '--only',
    'requests,decisions,publishing',
  ]);
  expect(stdout).not.toContain('NaN');
  const printed = tablesIn(stdout);
  expect(printed).toHaveLength(5);
  // A heading may tell the size of the sets, which are tiny here.
  const columns = (text: string): Map<string, string> =>
    new Map(tablesIn(text).map(({ name, head }) => [unsized(name), unsized(head)]));
  const page = columns(readFileSync('docs/performance.md', 'utf8'));
  for (const { name, head } of printed)
    expect([name, page.get(unsized(name))]).toEqual([name, unsized(head)]);
});

function unsized(text: string): string {
  return text.replace(/\b\d[\d,]* policies/g, 'policies');
}
