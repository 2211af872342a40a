import { describe, expect, test } from 'vitest';
import { WORKLOAD_KINDS } from '../../src/compiler/model/workload.ts';
import { principalKind } from '../../src/compiler/read/kinds/kind-row.ts';
import { KIND_TABLE } from '../../src/compiler/read/kinds/kind-table.ts';
import { KIND_NAMES } from '../../src/compiler/read/readers.ts';
import { codesOf, tableOf } from './pages.ts';

describe('docs/workloads.md', () => {
  test('has every kind that is compiled, and what Cedar calls it', () => {
    const rows = tableOf('docs/workloads.md', 'Kinds').map((cells) => cells.flatMap(codesOf));
    const kinds = rows.map(([kind, apiVersion]) => `${apiVersion} ${kind}`);
    expect(kinds.sort()).toEqual(KIND_NAMES.map(([apiVersion, kind]) => `${apiVersion} ${kind}`).sort());
    expect(new Set(rows.map(([, , principal]) => principal))).toEqual(
      new Set([...WORKLOAD_KINDS, ...KIND_TABLE.map(principalKind)]),
    );
  });
});
