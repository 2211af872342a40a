import { expect, test } from 'vitest';
import { read } from './pages.ts';

test('docs/cedar-schemas.md has the schemas that decide', () => {
  // Each may explain them in its own words.
  const bare = (text: string): string =>
    text
      .replace(/^ *\/\/.*\n/gm, '')
      .replace(/\n{2,}/g, '\n')
      .trim();
  const shown = [...read('docs/cedar-schemas.md').matchAll(/```cedarschema\n(.*?)```/gs)];
  const files = ['src/cedar/lattice.cedarschema', 'src/cedar/tracewright.cedarschema'];
  expect(shown.map(([, text = '']) => bare(text))).toEqual(files.map((file) => bare(read(file))));
});
