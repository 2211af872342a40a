import { expect, test } from 'vitest';
import { SKIPPED_KINDS } from '../../src/compiler/read/skipped-kinds.ts';
import { sectionOf } from './pages.ts';

test('docs/workloads.md names the kinds that are not read, and no others', () => {
  const [, list = ''] =
    /The kinds are built-in ones: (.*), each in/.exec(
      sectionOf('docs/workloads.md', 'Objects that are not read'),
    ) ?? [];
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, kind]) => kind);
  expect(named.sort()).toEqual(SKIPPED_KINDS.map(([, kind]) => kind).sort());
});
