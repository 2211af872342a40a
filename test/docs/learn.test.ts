import { describe, expect, test } from 'vitest';
import { LEARN_OUTPUTS } from '../../src/api/learn/learn-outputs.ts';
import { LearnQuerySchema } from '../../src/api/learn/learn-query.ts';
import { BINARY_CLASSES } from '../../src/learn/binary-classes.ts';
import { VERDICTS } from '../../src/learn/verdicts.ts';
import { namesIn, tableOf } from './pages.ts';

const PAGE = 'docs/learn.md';

describe(PAGE, () => {
  test('explains every verdict', () => {
    expect(namesIn(PAGE, 'Verdicts').slice(0, 4)).toEqual(Object.keys(VERDICTS));
  });

  test('has every class of binaries', () => {
    expect(namesIn(PAGE, 'What is left out')).toEqual(Object.keys(BINARY_CLASSES));
  });

  test('has every output', () => {
    expect(namesIn(PAGE, 'Outputs').sort()).toEqual(Object.keys(LEARN_OUTPUTS).sort());
  });

  test('has the default of every threshold', () => {
    const defaults = LearnQuerySchema.parse({});
    const rows = tableOf(PAGE, 'Verdicts').filter(([name = '']) => /min|monitored/.test(name));
    expect(rows.map(([name, value]) => [name, value])).toEqual(
      (['minStarts', 'minPods', 'minHours', 'monitored'] as const).map((name) => [
        `\`${name}\``,
        name === 'monitored' ? `\`${defaults[name]}\`` : String(defaults[name]),
      ]),
    );
  });
});
