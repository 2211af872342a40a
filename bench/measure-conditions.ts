import { cpuOf, interleave, type Row } from './interleave.ts';
import { askFor } from './measure-decisions.ts';
import { publishSet } from './publish-set.ts';
import { type Bench, largest, say, withTargets } from './section.ts';
import { ASKED, CONDITIONS, namespaceSet } from './sets/namespace-set.ts';
import { measurementTable, type Table, whole } from './tables.ts';

/** The sets: without such conditions, with each kind of them, and with all kinds in turn. */
const SETS = [
  { set: 'none', name: 'none', conditions: [] },
  ...CONDITIONS.map((condition) => ({
    set: condition,
    name: `\`${condition}\``,
    conditions: [condition],
  })),
  { set: 'all', name: 'each of these in turn', conditions: CONDITIONS },
];

/**
 * Measures decisions by sets of which a tenth of the policies have conditions that no index can compare, about services
 * that nobody asked about before.
 *
 * @returns Their table.
 */
export async function measureConditions(bench: Bench): Promise<Table[]> {
  const policies = largest(bench);
  const rows = SETS.map(
    ({ set, name }): Row => ({
      name,
      calls: () => {
        let number = 0;
        return () => askFor(`conditions-${set}`, number++, policies, [ASKED]);
      },
      slow: true,
    }),
  );
  return withTargets(bench, async (targets) => {
    for (const target of targets)
      for (const { set, conditions } of SETS)
        await publishSet(target, `conditions-${set}`, namespaceSet(policies, conditions));
    say(`Measuring ${rows.length} sets of ${policies} policies`);
    const measurements = await interleave(rows, targets, bench.effort);
    for (const row of measurements.keys())
      for (const target of targets)
        bench.figures.set(`condition ${row.name}`, target.subject, cpuOf(measurements, row, target));
    const [none] = rows;
    return [
      measurementTable(rows, measurements, targets, {
        head: `Conditions of a tenth of ${whole(policies)} policies`,
        ...(none === undefined ? {} : { base: { row: none, head: 'Times none' } }),
      }),
    ];
  });
}
