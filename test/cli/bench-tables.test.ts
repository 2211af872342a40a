import { expect, test } from 'vitest';
import { typical } from '../../bench/statistics.ts';
import { figureTable, markdown, withoutComparison } from '../../bench/tables.ts';
import { withTable } from '../../bench/write-page.ts';

const FIGURES = [
  { name: 'CPU', of: (subject: string) => (subject === 'now' ? 20 : 50) },
  { name: 'wait', of: (subject: string) => (subject === 'now' ? 1_200 : 300) },
];
const COMPARED = figureTable('Publishing', 'ms', FIGURES, [{ name: 'before' }, { name: 'now' }]);

test('two checkouts stand side by side, and the ratio is that of before to now', () => {
  expect(markdown(COMPARED)).toBe(
    `| Publishing | ms | ms before | Before / now |
| --- | ---: | ---: | ---: |
| CPU | 20.0 | 50.0 | 2.5 |
| wait | 1,200 | 300 | 0.25 |
`,
  );
});

test('without the comparison, the table is that of one checkout', () => {
  expect(markdown(withoutComparison(COMPARED))).toBe(
    markdown(figureTable('Publishing', 'ms', FIGURES, [{ name: 'now' }])),
  );
});

test('a table takes the place of the one with the same first heading, and leaves the rest of the page', () => {
  const page = `Before.

| Publishing | s |
| --- | ---: |
| old | 1 |
| older | 2 |

Between.

| Publishing more | s |
| --- | ---: |
| other | 3 |
`;
  expect(withTable(page, COMPARED)).toBe(
    page.replace(/\| Publishing \|[\s\S]*older \| 2 \|\n/, markdown(withoutComparison(COMPARED))),
  );
});

test('a page without a place for a table is refused', () => {
  expect(() => withTable('# Nothing\n', COMPARED)).toThrow('no table whose first column is "Publishing"');
});

test('the typical time is the median of the lower half, which a busy moment of the machine does not move', () => {
  expect(typical([5, 1, 3, 2, 4, 900, 800, 700])).toBe(2);
});
