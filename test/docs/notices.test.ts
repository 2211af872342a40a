import { expect, test } from 'vitest';
import { NOTICE_CODES } from '../../src/compiler/model/notices.ts';
import { tableOf } from './pages.ts';

test('docs/notices.md tells of every notice what the code says of it, and what to do', () => {
  const rows = tableOf('docs/notices.md', 'Notices');
  expect(rows.map(([code, level, meaning]) => [code, level, meaning])).toEqual(
    Object.entries(NOTICE_CODES).map(([code, { level, meaning }]) => [`\`${code}\``, level, meaning]),
  );
  for (const [code, , , advice] of rows) expect(advice, code).toMatch(/^\S.*\.$/);
});
