import { describe, expect, test } from 'vitest';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { PropertySchema } from './document.ts';
import { codesOf, namesIn, tableOf } from './pages.ts';

describe('docs/outputs.md', () => {
  test('has every output, and a media type that answers have', () => {
    const { parameters, responses } = openapi.paths['/compile'].post;
    const schema = parameters.find(({ name }) => name === 'output')?.schema;
    expect(namesIn('docs/outputs.md', 'Outputs')).toEqual(PropertySchema.parse(schema).enum);
    const types = Object.keys(responses['200'].content);
    const shown = tableOf('docs/outputs.md', 'Outputs').flatMap(([, type]) => codesOf(type));
    expect(shown).toEqual(expect.arrayContaining(types));
    expect(shown).toHaveLength(namesIn('docs/outputs.md', 'Outputs').length);
  });

  test('has every field of the JSON answer', () => {
    const fields = Object.keys(openapi.components.schemas.Compilation.properties);
    expect(namesIn('docs/outputs.md', 'The JSON answer').sort()).toEqual(fields.sort());
  });
});
