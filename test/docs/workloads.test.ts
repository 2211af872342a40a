import { describe, expect, test } from 'vitest';
import { WORKLOAD_KINDS } from '../../src/compiler/model/workload.ts';
import { principalKind } from '../../src/compiler/read/kinds/kind-row.ts';
import { KIND_TABLE } from '../../src/compiler/read/kinds/kind-table.ts';
import { KIND_NAMES } from '../../src/compiler/read/readers.ts';
import { codesOf, tableOf } from './pages.ts';

const others = tableOf('docs/workloads.md', 'Kinds of other projects');

describe('docs/workloads.md', () => {
  test('has every kind that is compiled, and what Cedar calls it', () => {
    const rows = tableOf('docs/workloads.md', 'Kinds').map((cells) => cells.flatMap(codesOf));
    const versions = others.flatMap(([kind, apiVersions]) =>
      codesOf(apiVersions).map((apiVersion) => `${apiVersion} ${codesOf(kind)[0]}`),
    );
    const kinds = [...rows.map(([kind, apiVersion]) => `${apiVersion} ${kind}`), ...versions];
    expect(kinds.sort()).toEqual(KIND_NAMES.map(([apiVersion, kind]) => `${apiVersion} ${kind}`).sort());
    expect(new Set(rows.map(([, , principal]) => principal))).toEqual(new Set(WORKLOAD_KINDS));
  });

  test('has what the table says of each kind of another project', () => {
    const shown = others.map(([kind, , principal, pods]) => [kind, principal, pods].map(codesOf));
    expect(shown).toEqual(
      KIND_TABLE.map((row) => [
        [row.kind],
        [principalKind(row)],
        row.pods.flatMap(({ at, suffix }) => [at, suffix ?? ''].filter((each) => each !== '')),
      ]),
    );
  });
});
