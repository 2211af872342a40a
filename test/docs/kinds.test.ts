import { describe, expect, test } from 'vitest';
import type { Additions } from '../../src/compiler/model/additions.ts';
import { HARMLESS_KINDS, RENDERED_KINDS } from '../../src/compiler/read/kinds/harmless-kinds.ts';
import { CLUSTER } from '../../src/compiler/read/kinds/kind-row.ts';
import { KIND_TABLE } from '../../src/compiler/read/kinds/kind-table.ts';
import { codesOf, read, tableOf } from './pages.ts';

const PAGE = 'docs/kinds.md';

/** An object of a kind for whose pods its controller does whatever it may do. */
const OBJECT = { spec: { plugins: { pytorch: [] }, pytorchReplicaSpecs: { Master: {}, Worker: {} } } };

/** Everything that the table says controllers add, with the kinds. */
function additions(): { readonly kind: string; readonly adds: Additions }[] {
  return KIND_TABLE.flatMap(({ kind, pods }) =>
    pods.flatMap(({ adds }) => {
      const all =
        typeof adds === 'function' ? ['Launcher', 'Worker'].map((key) => adds(OBJECT, key)) : [adds];
      return all.flatMap((each) => (each === undefined ? [] : [{ kind, adds: each }]));
    }),
  );
}

describe('docs/kinds.md', () => {
  test('says of each kind whose pods are put together what is read', () => {
    const shown = tableOf(PAGE, 'What is read').flatMap(([kinds]) => codesOf(kinds));
    const putTogether = KIND_TABLE.filter(
      ({ group, pods }) => group !== 'ray.io' && pods.some(({ shape }) => typeof shape === 'object'),
    ).map(({ kind }) => kind);
    expect(new Set(shown)).toEqual(new Set(putTogether));
  });

  test('says what each controller adds, and to the pods of which kinds', () => {
    const shown = tableOf(PAGE, 'What controllers add').map(([kinds, by, containers, how]) => ({
      kinds: codesOf(kinds).sort(),
      by,
      containers: codesOf(containers),
      how: codesOf(how).length > 0 ? codesOf(how) : how === 'as they are' ? [] : [how],
    }));
    const expected = new Map<string, { kinds: Set<string>; adds: Additions }>();
    for (const { kind, adds } of additions()) {
      const key = JSON.stringify(adds);
      const entry = expected.get(key) ?? { kinds: new Set<string>(), adds };
      entry.kinds.add(kind);
      expected.set(key, entry);
    }
    expect(shown.map((row) => JSON.stringify(row)).sort()).toEqual(
      [...expected.values()]
        .map(({ kinds, adds }) =>
          JSON.stringify({
            kinds: [...kinds].sort(),
            by: adds.by,
            containers: adds.containers ?? [],
            how: adds.binaries ?? (adds.startsOthers === undefined ? [] : [adds.startsOthers.why]),
          }),
        )
        .sort(),
    );
  });

  test('lists the kinds that make no pods, and why', () => {
    const kinds = [...HARMLESS_KINDS, ...RENDERED_KINDS];
    const shown = tableOf(PAGE, 'Kinds that make no pods').filter(([group]) => group !== 'group');
    expect(shown.slice(0, kinds.length)).toEqual(
      kinds.map(({ group, kinds: names, reason }) => [
        `\`${group}\``,
        names.map((kind) => `\`${kind}\``).join(', '),
        reason,
      ]),
    );
  });

  test('names the namespace of cluster-scoped objects', () => {
    expect(read(PAGE)).toContain(`namespace \`${CLUSTER}\``);
  });
});
