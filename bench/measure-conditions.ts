import { cpuOf, interleave, type Row } from './interleave.ts';
import { askFor } from './measure-decisions.ts';
import { publishSet } from './publish-set.ts';
import { type Bench, say, withTargets } from './section.ts';
import { ASKED, CONDITIONS, namespaceSet } from './sets/namespace-set.ts';
import { measurementTable } from './tables.ts';

const POLICIES = 10_000;

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
 * @returns A Markdown table.
 */
export async function measureConditions(bench: Bench): Promise<string> {
  const rows = SETS.map(
    ({ set, name }): Row => ({
      name,
      calls: () => {
        let number = 0;
        return () => askFor(`conditions-${set}`, number++, POLICIES, [ASKED]);
      },
      slow: true,
    }),
  );
  return withTargets(bench, async (targets) => {
    for (const target of targets)
      for (const { set, conditions } of SETS)
        await publishSet(target, `conditions-${set}`, namespaceSet(POLICIES, conditions));
    say(`Measuring ${rows.length} sets of ${POLICIES} policies`);
    const measurements = await interleave(rows, targets, bench.effort);
    for (const row of measurements.keys())
      for (const target of targets)
        bench.figures.set(`condition ${row.name}`, target.subject, cpuOf(measurements, row, target));
    const [none] = rows;
    return measurementTable(rows, measurements, targets, {
      head: 'Conditions of 1,000 policies of 10,000',
      ...(none === undefined ? {} : { base: { row: none, head: 'Times none' } }),
      latencies: true,
    });
  });
}
