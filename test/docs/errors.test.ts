import { expect, test } from 'vitest';
import { PROBLEMS } from '../../src/http/problem-codes.ts';
import { read } from './pages.ts';

test('docs/errors.md tells of every problem what the code says of it', () => {
  const rows = Object.entries(PROBLEMS)
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([code, { status, title, when }]) => `| ${status} | \`${code}\` | ${title}. | ${when} |`);
  expect(
    read('docs/errors.md')
      .split('\n')
      .filter((line) => /^\| \d/.test(line)),
  ).toEqual(rows);
});
