import { describe, expect, test } from 'vitest';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { shownValues } from './document.ts';
import { codesOf, namesIn, namesOf, tableOf } from './pages.ts';

describe('docs/options.md', () => {
  const { parameters } = openapi.paths['/compile'].post;

  test('has every query parameter of /compile, and no other', () => {
    expect(namesOf(tableOf('docs/options.md', 'Compile')).sort()).toEqual(
      parameters.map(({ name }) => name).sort(),
    );
  });

  test.each(parameters)('has the values of $name, the default first', ({ name, schema }) => {
    const [, values] = tableOf('docs/options.md', 'Compile').find(([cell]) => cell === `\`${name}\``) ?? [];
    // Without the parameter the answer is JSON, unless a header asks for another; the other outputs have a page.
    const expected = name === 'output' ? ['json'] : shownValues(schema);
    expect(codesOf(values)).toEqual(expected);
  });

  test('has the layouts', () => {
    const layout = parameters.find(({ name }) => name === 'layout');
    expect(namesIn('docs/options.md', 'Layouts')).toEqual(shownValues(layout?.schema));
  });

  test('has every option of the baseline, with its values', () => {
    const { properties } = openapi.components.schemas.BaselineOptions;
    const rows = tableOf('docs/options.md', 'Baseline');
    expect(namesOf(rows).sort()).toEqual(Object.keys(properties).sort());
    const { blockModuleAutoload: _, ...usual } = properties;
    for (const [name, schema] of Object.entries(usual)) {
      const [, values] = rows.find(([cell]) => cell === `\`${name}\``) ?? [];
      expect(codesOf(values), name).toEqual(shownValues(schema));
    }
  });
});
